import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { expect, test } from "vitest";
import { makeSelfSigned } from "./self-signed.ts";

const NOW = new Date("2026-03-04T05:06:07Z");
const DAY_MS = 86_400_000;

test("the certificate is for the host name, signed by its own key, and valid now and for years", async () => {
  const { key, cert } = await makeSelfSigned("mx.rookery.test", NOW);
  const parsed = new X509Certificate(cert);
  expect(parsed.subject).toBe("CN=mx.rookery.test");
  expect(parsed.issuer).toBe(parsed.subject);
  expect(parsed.checkHost("mx.rookery.test")).toBe("mx.rookery.test");
  expect(parsed.checkHost("other.test")).toBeUndefined();
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.validFromDate.getTime()).toBeLessThanOrEqual(NOW.getTime());
  expect(parsed.validToDate.getTime(), "longer than any process runs").toBeGreaterThan(
    NOW.getTime() + 3000 * DAY_MS,
  );
  expect(key).toContain("BEGIN PRIVATE KEY");
});

test("no two certificates share a serial number or a key", async () => {
  const [one, two] = await Promise.all([1, 2].map(() => makeSelfSigned("a.test", NOW)));
  expect(one?.key).not.toBe(two?.key);
  const serials = [one, two].map((made) => new X509Certificate(made?.cert ?? "").serialNumber);
  expect(serials[0]).not.toBe(serials[1]);
});

test("host names of any length, and years after 2049, can be read again", async () => {
  const long = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.test`;
  const { cert } = await makeSelfSigned(long, new Date("2051-01-01T00:00:00Z"));
  const parsed = new X509Certificate(cert);
  expect(parsed.checkHost(long)).toBe(long);
  expect(parsed.validFromDate.getUTCFullYear()).toBe(2050);
});

test.each(["TLSv1.2", "TLSv1.3"] as const)("a %s client that trusts it gets a handshake", async (version) => {
  const made = await makeSelfSigned("mx.rookery.test", new Date());
  const server = createServer({ ...made, minVersion: version, maxVersion: version }, (socket) =>
    socket.end("hello"),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  // A listening TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", ca: made.cert, servername: "mx.rookery.test" });
  const [greeting] = await once(client, "data");
  expect(client.authorized).toBe(true);
  expect(client.getProtocol()).toBe(version);
  expect(String(greeting)).toBe("hello");
  client.destroy();
  server.close();
});
