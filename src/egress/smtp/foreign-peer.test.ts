/** Postfix's smtp-sink as a peer that nobody here wrote. Skipped where it is not installed. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { internetClient, type TestClient } from "../../../test/support/internet/client.ts";
import { type Internet, startInternet } from "../../../test/support/internet/internet.ts";

const SINK = "/usr/sbin/smtp-sink";

let internet: Internet;
let client: TestClient;
let stop: () => void;
beforeEach(async () => {
  internet = await startInternet();
});
afterEach(() => {
  stop?.();
  client?.close();
  internet.close();
});

const canConnect = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

async function startSink(...options: readonly string[]): Promise<void> {
  // A host of the internet chooses the port; the sink is at another address of it.
  await internet.host("other.test");
  internet.zone({ "sink.test": { MX: ["10 mx.sink.test"] }, "mx.sink.test": ["127.0.0.9"] });
  const child = spawn(SINK, ["-u", "nobody", ...options, `127.0.0.9:${internet.port}`, "100"], {
    stdio: "ignore",
  });
  stop = () => void child.kill();
  await eventually("the sink listens", () => canConnect(internet.port, "127.0.0.9"));
  client = internetClient(internet);
}

const needsSink = it.skipIf(!existsSync(SINK) || process.getuid?.() !== 0);

needsSink("it takes messages one after the other over one connection, and many at once", async () => {
  await startSink();
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) => client.send(`b${index}@sink.test`)),
  );
  for (let turn = 0; turn < 20; turn++) results.push(await client.send(["b@sink.test", "c@sink.test"]));
  expect(results.flatMap(({ recipients }) => recipients).every(({ kind }) => kind === "accepted")).toBe(true);
  expect(client.counts().reused).toBeGreaterThanOrEqual(20);
});

needsSink.each([
  ["-f", "rcpt", "refused 500"],
  ["-r", "data", "deferred 450"],
  ["-f", ".", "refused 500"],
  ["-q", "mail", "deferred null"],
])("with %s %s a message is %s", async (option, command, expected) => {
  await startSink(option, command);
  const { recipients } = await client.send("b@sink.test");
  expect(recipients.map(({ kind, code }) => `${kind} ${code}`)).toEqual([expected]);
});
