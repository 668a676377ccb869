/** What one network may take of the listener, and what it leaves to the others. Linux has all of 127.0.0.0/8 as addresses of its own. */
import { afterEach, expect, test } from "vitest";
import {
  SMTP_EVICTION_FRUITLESS_MS,
  SMTP_WRONG_RECIPIENT_BURST,
  SMTP_WRONG_RECIPIENT_PAUSE_MS,
} from "../../src/transport/smtp/limits.ts";
import { eventually } from "../support/eventually.ts";
import { SmtpSession } from "../support/smtp-client.ts";
import { type ListenerOptions, startListener, type TestListener } from "../support/smtp-listener.ts";

const opened: SmtpSession[] = [];
const listeners: TestListener[] = [];

afterEach(async () => {
  for (const session of opened.splice(0)) session.close();
  for (const listener of listeners.splice(0)) await listener.stop();
});

async function listen(options: ListenerOptions): Promise<TestListener> {
  const listener = await startListener(options);
  listeners.push(listener);
  return listener;
}

/** A session from an address of this network, and its first reply. */
async function open({ port }: TestListener, network: number) {
  const session = await SmtpSession.open(port, `127.0.${network}.1`);
  opened.push(session);
  return { session, greeting: await session.reply() };
}

/** A session after its RCPT TO. */
async function inTransaction(listener: TestListener, network: number): Promise<SmtpSession> {
  const { session } = await open(listener, network);
  await session.command("EHLO client.test");
  await session.command("MAIL FROM:<a@outside.test>");
  expect(await session.command("RCPT TO:<desk@rookery.test>")).toMatch(/^250 /);
  return session;
}

test("when all places are taken, a network without one gets that of the longest idle session of the network with most", async () => {
  const listener = await listen({ maxConnections: 5, evictionIdleMs: 0 });
  const first = await open(listener, 1);
  const second = await open(listener, 1);
  const others = [await open(listener, 2), await open(listener, 3)];
  expect((await open(listener, 4)).greeting).toMatch(/^220 /);
  expect(await first.session.reply()).toMatch(/^421 4\.4\.2 /);
  expect(await first.session.reply()).toBe("");
  for (const { session } of [second, ...others]) expect(await session.command("NOOP")).toMatch(/^250 /);
});

test("when all places are taken, a session that only keeps talking makes way, and one that has just brought a message does not", async () => {
  let nowMs = 0;
  const clock = { now: () => new Date("2026-03-04T05:06:07Z"), monotonicMs: () => nowMs };
  const listener = await listen({ maxConnections: 2, clock });
  const talking = (await open(listener, 1)).session;
  const useful = await inTransaction(listener, 2);
  nowMs = SMTP_EVICTION_FRUITLESS_MS - 1;
  await useful.command("DATA");
  expect(await useful.command("Subject: x\r\n\r\nhello\r\n.")).toMatch(/^250 /);
  expect(await talking.command("NOOP")).toMatch(/^250 /);
  expect((await open(listener, 3)).greeting).toMatch(/^421 4\.3\.2 /);
  nowMs = SMTP_EVICTION_FRUITLESS_MS;
  expect((await open(listener, 3)).greeting).toMatch(/^220 /);
  expect(await talking.reply()).toMatch(/^421 4\.4\.2 /);
  expect(await useful.command("NOOP")).toMatch(/^250 /);
});

test("a network that has its share makes room with its own idle session, and with no other's", async () => {
  const listener = await listen({ maxConnections: 10, maxPerNetwork: 1, evictionIdleMs: 0 });
  const other = await open(listener, 1);
  const own = await open(listener, 2);
  expect((await open(listener, 2)).greeting).toMatch(/^220 /);
  expect(await own.session.reply()).toMatch(/^421 4\.4\.2 /);
  expect(await other.session.command("NOOP")).toMatch(/^250 /);
});

test("a session that reads a message or works on a command does not make way", async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const listener = await listen({ maxConnections: 2, evictionIdleMs: 0, beforeStoring: () => held });
  const reading = await inTransaction(listener, 1);
  expect(await reading.command("DATA")).toMatch(/^354 /);
  const storing = await inTransaction(listener, 2);
  await storing.command("DATA");
  storing.write("Subject: x\r\n\r\nhello\r\n.\r\n");
  expect((await open(listener, 3)).greeting).toMatch(/^421 4\.3\.2 /);
  release();
  expect(await storing.reply()).toMatch(/^250 /);
  expect(await reading.command("Subject: x\r\n\r\nhello\r\n.")).toMatch(/^250 /);
  expect(listener.stored).toHaveLength(2);
});

test("when all places are taken, a session whose message drips makes way, though it brings what it must", async () => {
  const listener = await listen({ maxConnections: 2, dataWindowMs: 4000 });
  const dripping = await inTransaction(listener, 1);
  await dripping.command("DATA");
  const other = await open(listener, 2);
  // 10 KB a second: more than twice what is asked for, less than what is slow.
  const drip = setInterval(() => dripping.write(`${"x".repeat(498)}\r\n`), 50);
  const newcomer = await eventually("a place", async () => {
    const { session, greeting } = await open(listener, 3);
    return greeting.startsWith("220 ") && session;
  }).finally(() => clearInterval(drip));
  expect(await dripping.reply()).toMatch(/^421 4\.4\.2 /);
  expect(await dripping.reply()).toBe("");
  for (const session of [newcomer, other.session]) expect(await session.command("NOOP")).toMatch(/^250 /);
  expect(listener.stored).toEqual([]);
});

test("strangers from many networks leave places to networks that have brought mail", async () => {
  const listener = await listen({ maxConnections: 4 });
  const { session: useful } = await open(listener, 1);
  await useful.command("EHLO client.test");
  await useful.command("MAIL FROM:<a@outside.test>");
  await useful.command("RCPT TO:<desk@rookery.test>");
  await useful.command("DATA");
  expect(await useful.command("Subject: x\r\n\r\nhello\r\n.")).toMatch(/^250 /);
  await useful.command("QUIT");
  for (const network of [2, 3, 4]) expect((await open(listener, network)).greeting).toMatch(/^220 /);
  expect((await open(listener, 5)).greeting).toMatch(/^421 4\.3\.2 /);
  expect((await open(listener, 1)).greeting).toMatch(/^220 /);
});

test("when all places are taken, a session whose wrong recipients wait for their answers makes way", async () => {
  let nowMs = 0;
  const clock = { now: () => new Date("2026-03-04T05:06:07Z"), monotonicMs: () => nowMs };
  const listener = await listen({ maxConnections: 1, clock, pause: () => new Promise(() => undefined) });
  const guessing = await inTransaction(listener, 1);
  const wrong = Array.from({ length: SMTP_WRONG_RECIPIENT_BURST + 1 }, (_, index) => `guess-${index}`);
  guessing.write(wrong.map((name) => `RCPT TO:<${name}@rookery.test>\r\n`).join(""));
  for (let index = 0; index < SMTP_WRONG_RECIPIENT_BURST; index++)
    expect(await guessing.reply()).toMatch(/^550 5\.1\.1 /);
  nowMs = SMTP_EVICTION_FRUITLESS_MS;
  expect((await open(listener, 2)).greeting).toMatch(/^220 /);
  expect(await guessing.reply()).toMatch(/^421 4\.4\.2 /);
});

test("a message that falls silent ends its session with 421, and nothing of it is stored", async () => {
  const listener = await listen({ dataWindowMs: 50 });
  const session = await inTransaction(listener, 1);
  await session.command("DATA");
  session.write(`Subject: x\r\n\r\n${"x".repeat(900)}\r\n`);
  expect(await session.reply()).toMatch(/^421 4\.4\.2 /);
  expect(await session.reply()).toBe("");
  expect(listener.stored).toEqual([]);
  const next = await inTransaction(listener, 1);
  await next.command("DATA");
  expect(await next.command("Subject: x\r\n\r\nhello\r\n.")).toMatch(/^250 /);
});

test("wrong recipients of a network beyond the burst are answered after pauses that grow, over all its sessions; right ones and other networks are not", async () => {
  const pauses: number[] = [];
  const listener = await listen({ pause: async (ms) => void pauses.push(ms) });
  const guess = async (session: SmtpSession, count: number): Promise<void> => {
    for (let index = 0; index < count; index++)
      expect(await session.command(`RCPT TO:<guess-${index}@rookery.test>`)).toMatch(/^550 5\.1\.1 /);
  };
  await guess(await inTransaction(listener, 1), SMTP_WRONG_RECIPIENT_BURST / 2);
  await guess(await inTransaction(listener, 1), SMTP_WRONG_RECIPIENT_BURST / 2);
  expect(pauses).toEqual([]);
  const guessing = await inTransaction(listener, 1);
  await guess(guessing, 10);
  expect(pauses).toHaveLength(10);
  expect(pauses.at(-1)).toBeGreaterThan(pauses[0] ?? 0);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(SMTP_WRONG_RECIPIENT_PAUSE_MS);
  expect(await guessing.command("RCPT TO:<sales@rookery.test>")).toMatch(/^250 /);
  await guess(await inTransaction(listener, 2), 5);
  expect(pauses).toHaveLength(10);
});

test("the replies of a pipelined group before a wrong recipient do not wait for its pause", async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const listener = await listen({ pause: () => held });
  const session = await inTransaction(listener, 1);
  const wrong = Array.from({ length: SMTP_WRONG_RECIPIENT_BURST + 1 }, (_, index) => `guess-${index}`);
  session.write(["sales", ...wrong, "desk"].map((name) => `RCPT TO:<${name}@rookery.test>\r\n`).join(""));
  expect(await session.reply()).toMatch(/^250 /);
  for (let index = 0; index < SMTP_WRONG_RECIPIENT_BURST; index++)
    expect(await session.reply()).toMatch(/^550 /);
  let isAnswered = false;
  const last = session.reply().then((reply) => {
    isAnswered = true;
    return reply;
  });
  const { session: other } = await open(listener, 2);
  await other.command("NOOP");
  expect(isAnswered).toBe(false);
  release();
  expect(await last).toMatch(/^550 /);
  expect(await session.reply()).toMatch(/^250 /);
});

test("a client that disconnects in a pause does not affect the listener", async () => {
  const pauses: (() => void)[] = [];
  const listener = await listen({ pause: () => new Promise((resolve) => pauses.push(resolve)) });
  const session = await inTransaction(listener, 1);
  for (let index = 0; index <= SMTP_WRONG_RECIPIENT_BURST; index++)
    session.write(`RCPT TO:<guess-${index}@rookery.test>\r\n`);
  await eventually("the pause", async () => pauses.length > 0);
  session.close();
  await open(listener, 2);
  for (const release of pauses) release();
  expect(await (await inTransaction(listener, 1)).command("NOOP")).toMatch(/^250 /);
});

/** A session whose connection begins with `header`, and its first reply; empty when it is closed. */
async function openProxied({ port }: TestListener, header: string | Uint8Array) {
  const session = await SmtpSession.open(port, "127.0.9.1");
  opened.push(session);
  session.write(header);
  return { session, greeting: await session.reply() };
}

const NAMED = "PROXY TCP4 192.0.2.7 198.51.100.1 4000 25\r\n";

test("behind a proxy the client that its PROXY header names is limited and recorded, not the proxy", async () => {
  const listener = await listen({ proxies: ["127.0.9.0/24"], maxPerNetwork: 1 });
  const { session, greeting } = await openProxied(listener, NAMED);
  expect(greeting).toMatch(/^220 /);
  expect((await openProxied(listener, NAMED)).greeting).toMatch(/^421 4\.7\.0 /);
  const binary = Buffer.from("0d0a0d0a000d0a515549540a2111000cc6336401c63364010fa00019", "hex");
  expect((await openProxied(listener, binary)).greeting).toMatch(/^220 /);
  for (const line of [
    "EHLO client.test",
    "MAIL FROM:<a@outside.test>",
    "RCPT TO:<desk@rookery.test>",
    "DATA",
  ])
    await session.command(line);
  expect(await session.command("Subject: x\r\n\r\nhello\r\n.")).toMatch(/^250 /);
  expect(listener.stored[0]?.trace).toContain("192.0.2.7");
});

test("what follows the PROXY header in the same packet is read as the client's, who may not speak before the greeting", async () => {
  const listener = await listen({ proxies: ["127.0.9.1"] });
  const { greeting } = await openProxied(listener, `${NAMED}NOOP\r\n`);
  expect(greeting).toMatch(/^421 /);
});

test("a proxy without its header is closed; from anybody else a header is only a command that does not exist", async () => {
  const listener = await listen({ proxies: ["127.0.9.1"] });
  expect((await openProxied(listener, "EHLO client.test\r\n")).greeting).toBe("");
  const { session } = await open(listener, 1);
  expect(await session.command(NAMED.trimEnd())).toMatch(/^5/);
});
