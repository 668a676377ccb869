/** TLS as it comes, as a policy demands it (MTA-STS), and as a password does. */
import { createServer } from "node:https";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { at } from "../../../test/support/internet/behaviours.ts";
import { internetClient, type TestClient } from "../../../test/support/internet/client.ts";
import { type Internet, startInternet } from "../../../test/support/internet/internet.ts";
import type { HostScript } from "../../../test/support/internet/mail-host.ts";
import { openSockets, type Sockets } from "../../../test/support/sockets.ts";
import type { DeliveryOutcome } from "./outcome.ts";

let internet: Internet;
let client: TestClient;
let sockets: Sockets;
let distrust: () => void;
beforeAll(async () => {
  internet = await startInternet();
  distrust = internet.authority.trust();
});
afterAll(() => {
  distrust();
  internet.close();
});
beforeEach(() => {
  sockets = openSockets();
});
afterEach(async () => {
  client.close();
  await sockets.end();
});

const said = ({ recipients: [one], tls }: DeliveryOutcome): string =>
  `${one?.kind} ${one?.code} ${one?.enhancedCode} ${tls}`;
let domains = 0;
const newDomain = async (script: HostScript): Promise<string> => {
  const name = `d${++domains}.test`;
  await internet.domain(name, script);
  return name;
};

describe("TLS that nothing demands", () => {
  it.each<[string, HostScript, string]>([
    ["a good certificate", { tls: "good" }, "TLSv1.3"],
    ["an expired one", { tls: "expired" }, "TLSv1.3 unverified (CERT_HAS_EXPIRED)"],
    ["a self-signed one", { tls: "self-signed" }, "TLSv1.3 unverified (DEPTH_ZERO_SELF_SIGNED_CERT)"],
    ["one of another name", { tls: "other-name" }, "TLSv1.3 unverified (ERR_TLS_CERT_ALTNAME_INVALID)"],
    ["none", { tls: "none" }, "null"],
    ["a handshake that fails", { tls: "broken" }, "null"],
    ["a refusal of STARTTLS", { answer: at("STARTTLS", "454 4.7.0 not now") }, "null"],
    ["STARTTLS left unanswered, the connection closed", { answer: at("STARTTLS", "drop") }, "null"],
  ])("with %s is taken as it comes, and recorded", async (_what, script, tls) => {
    const name = await newDomain(script);
    client = internetClient(internet);
    expect(said(await client.send(`b@${name}`))).toBe(`accepted 250 2.0.0 ${tls}`);
  });
});

describe("an MTA-STS policy", () => {
  /** A server of policies, which counts what is asked of it. */
  async function policyHost(name: string, answer: () => { status?: number; type?: string; text: string }) {
    const { key, cert } = await internet.authority.issue(`mta-sts.${name}`, "good");
    let asked = 0;
    const server = createServer({ key, cert }, (_request, response) => {
      asked++;
      const { status = 200, type = "text/plain", text } = answer();
      response.writeHead(status, { "content-type": type }).end(text);
    });
    const port = await sockets.open(server);
    internet.zone({ [`mta-sts.${name}`]: ["127.0.0.1"], [`_mta-sts.${name}`]: { TXT: ["v=STSv1; id=1;"] } });
    client = internetClient(internet, { policyPort: port });
    return { asked: () => asked };
  }
  const policy = (mode: string, mx: string): string =>
    `version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: 86400\r\n`;

  it.each<[string, HostScript["tls"], string, string, string]>([
    ["good certificate", "good", "enforce", "*.NAME", "accepted 250 2.0.0 TLSv1.3"],
    ["expired certificate", "expired", "enforce", "*.NAME", "deferred null 4.7.5 null"],
    ["self-signed certificate", "self-signed", "enforce", "*.NAME", "deferred null 4.7.5 null"],
    ["certificate of another name", "other-name", "enforce", "*.NAME", "deferred null 4.7.5 null"],
    ["no TLS", "none", "enforce", "*.NAME", "deferred null 4.7.5 null"],
    ["broken TLS", "broken", "enforce", "*.NAME", "deferred null 4.7.5 null"],
    ["host that the policy does not name", "good", "enforce", "mx.other.test", "deferred null 4.7.5 null"],
    [
      "expired certificate, only tested",
      "expired",
      "testing",
      "*.NAME",
      "accepted 250 2.0.0 TLSv1.3 unverified",
    ],
    ["no TLS, no policy any more", "none", "none", "*.NAME", "accepted 250 2.0.0 null"],
  ])("%s (%s, %s): %s", async (_what, tls, mode, mx, expected) => {
    const name = await newDomain({ ...(tls && { tls }) });
    await policyHost(name, () => ({ text: policy(mode, mx.replace("NAME", name)) }));
    expect(said(await client.send(`b@${name}`))).toContain(expected);
  });

  it("is fetched once, holds while its record is gone, and is fetched anew when its id changes", async () => {
    const name = await newDomain({ tls: "expired" });
    let text = policy("enforce", `mx.${name}`);
    const host = await policyHost(name, () => ({ text }));
    for (let turn = 0; turn < 3; turn++) expect(said(await client.send(`b@${name}`))).toContain("deferred");
    expect(host.asked()).toBe(1);
    client.close();
    let nowMs = 1;
    const port = await sockets.open(
      createServer(await internet.authority.issue(`mta-sts.${name}`, "good"), (_request, response) => {
        response.writeHead(200, { "content-type": "text/plain" }).end(text);
      }),
    );
    client = internetClient(internet, {
      policyPort: port,
      clock: { now: () => new Date(), monotonicMs: () => nowMs },
    });
    expect(said(await client.send(`b@${name}`))).toContain("deferred");
    internet.zone({ [`_mta-sts.${name}`]: {} });
    nowMs += 61_000;
    expect(said(await client.send(`b@${name}`))).toContain("deferred");
    text = policy("none", `mx.${name}`);
    internet.zone({ [`_mta-sts.${name}`]: { TXT: ["v=STSv1; id=2;"] } });
    nowMs += 61_000;
    expect(said(await client.send(`b@${name}`))).toContain("accepted");
  });

  it.each([
    ["is not found", { status: 404, text: "" }],
    ["is a redirect", { status: 302, text: "" }],
    ["is of another type", { type: "text/html", text: policy("enforce", "mx.other.test") }],
    ["is no policy", { text: "version: STSv1\r\nmode: enforce\r\n" }],
    ["is too large", { text: `${policy("enforce", "mx.other.test")}${"x: y\r\n".repeat(20_000)}` }],
  ])("that %s is none", async (_what, answer) => {
    const name = await newDomain({});
    await policyHost(name, () => answer);
    expect(said(await client.send(`b@${name}`))).toContain("accepted");
  });
});

describe("a smarthost", () => {
  const credentials = { user: "ann", password: "secret" };
  const relayTo = (
    more: Partial<{ isImplicitTls: boolean; credentials: typeof credentials }> = {},
  ): TestClient => {
    const relay = {
      host: "relay.test",
      port: internet.port,
      isImplicitTls: false,
      credentials: null,
      ...more,
    };
    client = internetClient(internet, { relay, allowPrivate: false });
    return client;
  };
  const EXTENSIONS = ["PIPELINING", "AUTH PLAIN LOGIN"];

  it("takes the mail of every domain, without a look-up of MX, and may have a private address", async () => {
    const host = await internet.host("relay.test", { extensions: EXTENSIONS });
    expect(await relayTo().send("b@nowhere.test")).toMatchObject({
      ...{ mx: "relay.test", tls: "TLSv1.3" },
      recipients: [{ kind: "accepted" }],
    });
    expect(internet.dns.questions).not.toContain("MX nowhere.test");
    expect(host.lines.some((line) => line.startsWith("AUTH"))).toBe(false);
  });

  it.each<[string, HostScript, string]>([
    ["good TLS", {}, "accepted 250 2.0.0 TLSv1.3"],
    ["no TLS", { tls: "none" }, "deferred null 4.7.5 null"],
    ["a self-signed certificate", { tls: "self-signed" }, "deferred null 4.7.5 null"],
    ["a stripped STARTTLS", { answer: at("STARTTLS", "502 what") }, "deferred null 4.7.5 null"],
    ["a password that is refused", { answer: at("AUTH", "535 5.7.8 wrong") }, "deferred 535 5.7.8 null"],
  ])("with %s is told the password under verified TLS, or not at all", async (_what, script, expected) => {
    const host = await internet.host("relay.test", { extensions: EXTENSIONS, ...script });
    expect(said(await relayTo({ credentials }).send("b@nowhere.test"))).toBe(expected);
    const told = host.lines.some((line) => line.includes(Buffer.from("\0ann\0secret").toString("base64")));
    expect(told).toBe(/TLSv1|535/.test(expected));
    expect(host.messages).toHaveLength(expected.startsWith("accepted") ? 1 : 0);
  });

  it.each([
    ["550 5.7.1 sender not owned by user", "deferred 550 5.7.1 TLSv1.3"],
    ["553 sender address rejected", "deferred 553 null TLSv1.3"],
    ["550 5.1.8 domain of sender unknown", "deferred 550 5.1.8 TLSv1.3"],
    ["552 5.3.4 too large", "refused 552 5.3.4 TLSv1.3"],
  ])("that answers our return path with %s: %s", async (answer, expected) => {
    const host = await internet.host("relay.test", { extensions: EXTENSIONS, answer: at("MAIL", answer) });
    expect(said(await relayTo().send("b@nowhere.test"))).toBe(expected);
    expect(host.messages).toEqual([]);
  });

  it("may speak TLS from the first octet", async () => {
    const host = await internet.host("relay.test", { implicitTls: true, extensions: EXTENSIONS });
    const sent = await relayTo({ isImplicitTls: true, credentials }).send("b@nowhere.test");
    expect(said(sent)).toBe("accepted 250 2.0.0 TLSv1.3");
    expect(host.messages).toMatchObject([{ isTls: true }]);
  });
});
