/** The server on real sockets, in front of a receiver in memory. Dialogues that need no arranging are in transcripts/. */
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, test } from "vitest";
import {
  MAX_SMTP_COMMAND_BYTES,
  MAX_SMTP_COMMANDS,
  MAX_SMTP_ERRORS,
  MAX_SMTP_RECIPIENTS,
} from "../../src/transport/smtp/limits.ts";
import { eventually } from "../support/eventually.ts";
import { SmtpSession } from "../support/smtp-client.ts";
import { type ListenerOptions, startListener, type TestListener } from "../support/smtp-listener.ts";

const MAIL = "Subject: x\r\n\r\nhello\r\n.";
const opened: SmtpSession[] = [];
const listeners: TestListener[] = [];

afterEach(async () => {
  for (const session of opened.splice(0)) session.close();
  for (const listener of listeners.splice(0)) await listener.stop();
});

async function listen(options: ListenerOptions = {}): Promise<TestListener> {
  const listener = await startListener(options);
  listeners.push(listener);
  return listener;
}

/** A session and its first reply, which may be a refusal. */
async function open(listener: TestListener): Promise<{ session: SmtpSession; greeting: string }> {
  const session = await SmtpSession.open(listener.port);
  opened.push(session);
  return { session, greeting: await session.reply() };
}

/** A session after DATA's 354. */
async function inData(listener: TestListener, recipients = ["desk@rookery.test"]): Promise<SmtpSession> {
  const { session } = await open(listener);
  await session.command("EHLO client.test");
  await session.command("MAIL FROM:<a@outside.test>");
  for (const address of recipients) await session.command(`RCPT TO:<${address}>`);
  expect(await session.command("DATA")).toMatch(/^354 /);
  return session;
}

/** A promise, and what fulfils it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened: promise, open };
}

/** A store that says when it is reached, and goes on when it is released. */
function heldStore() {
  const [storing, release] = [gate(), gate()];
  const beforeStoring = (): Promise<void> => {
    storing.open();
    return release.opened;
  };
  return { storing, release, beforeStoring };
}

test("a session beyond its network's share gets 421 4.7.0 and is closed; when one ends, the next is admitted", async () => {
  const listener = await listen({ maxConnections: 4 });
  const first = await open(listener);
  await open(listener);
  const refused = await open(listener);
  expect(refused.greeting).toMatch(/^421 4\.7\.0 /);
  expect(await refused.session.reply()).toBe("");
  expect(await first.session.command("QUIT")).toMatch(/^221 /);
  expect(await first.session.reply()).toBe("");
  first.session.close();
  await eventually("admission", async () => (await open(listener)).greeting.startsWith("220 "));
});

test("one network gets a limited number of sessions; refused and broken ones free no extra slot", async () => {
  const listener = await listen({ maxPerNetwork: 1 });
  await open(listener);
  for (let index = 0; index < 3; index++) {
    const socket = connectTcp(listener.port, "127.0.0.1");
    socket.resume();
    await once(socket, "close");
    expect((await open(listener)).greeting).toMatch(/^421 4\.7\.0 /);
  }
});

test("a session that went through STARTTLS no longer counts once it has ended", async () => {
  const listener = await listen({ maxConnections: 1 });
  const socket = connectTcp(listener.port, "127.0.0.1");
  await once(socket, "data");
  socket.write("STARTTLS\r\n");
  await once(socket, "data");
  const secure = connectTls({ socket, ca: listener.certificate, servername: "mx.rookery.test" });
  await once(secure, "secureConnect");
  expect(secure.authorized).toBe(true);
  expect((await open(listener)).greeting).toMatch(/^421 /);
  secure.destroy();
  await eventually("admission", async () => (await open(listener)).greeting.startsWith("220 "));
});

test("what is sent in the clear behind STARTTLS is not read as said under TLS (CVE-2011-0411)", async () => {
  const listener = await listen();
  const socket = connectTcp(listener.port, "127.0.0.1");
  await once(socket, "data");
  socket.write(
    "STARTTLS\r\nEHLO evil.test\r\nMAIL FROM:<evil@outside.test>\r\nRCPT TO:<desk@rookery.test>\r\n",
  );
  await once(socket, "data");
  const secure = connectTls({ socket, ca: listener.certificate, servername: "mx.rookery.test" });
  await once(secure, "secureConnect");
  secure.write("DATA\r\n");
  expect(String((await once(secure, "data"))[0])).toMatch(/^503 5\.5\.1 [^\n]*\n$/);
  secure.destroy();
});

test("one recipient more than a transaction takes is 452 4.5.3, and the others get the mail", async () => {
  const listener = await listen();
  const { session } = await open(listener);
  await session.command("EHLO client.test");
  await session.command("MAIL FROM:<a@outside.test>");
  for (let index = 0; index < MAX_SMTP_RECIPIENTS; index++)
    expect(await session.command(`RCPT TO:<desk+${index}@rookery.test>`)).toMatch(/^250 2\.1\.5 /);
  expect(await session.command("RCPT TO:<sales@rookery.test>")).toMatch(/^452 4\.5\.3 /);
  await session.command("DATA");
  expect(await session.command(MAIL)).toMatch(/^250 2\.0\.0 Ok: queued as \S+$/);
  expect(listener.stored.map(({ inboxes }) => inboxes)).toEqual([["desk@rookery.test"]]);
});

test("each message of a session has an id of its own, and the trace header carries it", async () => {
  const listener = await listen();
  const { session } = await open(listener);
  await session.command("EHLO client.test");
  const ids: string[] = [];
  for (let index = 0; index < 2; index++) {
    for (const line of ["MAIL FROM:<>", "RCPT TO:<desk@rookery.test>", "DATA"]) await session.command(line);
    ids.push((await session.command(MAIL)).split(" ").at(-1) ?? "");
  }
  expect(new Set(ids).size).toBe(2);
  for (const [index, mail] of listener.stored.entries())
    expect(mail.trace).toContain(`with ESMTP id ${ids[index]}\r\n\tfor <desk@rookery.test>;`);
});

test("a receiver that fails is 451 4.3.0, never 250; the session goes on and nothing is stored", async () => {
  let fails = true;
  const listener = await listen({
    beforeStoring: async () => {
      if (fails) throw new Error("disk on fire");
    },
  });
  const session = await inData(listener);
  const reply = await session.command(MAIL);
  expect(reply).toMatch(/^451 4\.3\.0 /);
  expect(reply).not.toContain("fire");
  expect(listener.stored).toEqual([]);
  expect(listener.errors).toEqual(["storing a message failed"]);
  fails = false;
  for (const line of ["MAIL FROM:<>", "RCPT TO:<desk@rookery.test>", "DATA"]) await session.command(line);
  expect(await session.command(MAIL)).toMatch(/^250 2\.0\.0 /);
  expect(listener.stored).toHaveLength(1);
});

test("a look-up that fails is 451 4.3.0, not an unknown recipient", async () => {
  const listener = await listen({
    beforeResolving: () => {
      throw new Error("no database");
    },
  });
  const { session } = await open(listener);
  await session.command("EHLO client.test");
  await session.command("MAIL FROM:<a@outside.test>");
  expect(await session.command("RCPT TO:<desk@rookery.test>")).toMatch(/^451 4\.3\.0 /);
  expect(await session.command("DATA")).toMatch(/^503 /);
});

test("a message over the limit is 552 5.3.4 after its end and not stored; one of exactly the limit is taken", async () => {
  const listener = await listen({ maxMessageBytes: 2000 });
  const session = await inData(listener);
  session.write(`${"x".repeat(1998)}\r\n`);
  expect(await session.command(".")).toMatch(/^250 /);
  for (const line of ["MAIL FROM:<>", "RCPT TO:<desk@rookery.test>", "DATA"]) await session.command(line);
  session.write(`${"x".repeat(1999)}\r\n`);
  expect(await session.command(".")).toMatch(/^552 5\.3\.4 /);
  expect(listener.stored.map(({ raw }) => raw.length)).toEqual([2000]);
  expect(await session.command("NOOP")).toMatch(/^250 /);
});

test("a message that goes on far beyond the limit ends the connection", async () => {
  const listener = await listen({ maxMessageBytes: 2000 });
  const session = await inData(listener);
  session.write(`${"x".repeat(100)}\r\n`.repeat(100));
  expect(await session.reply()).toMatch(/^421 4\.3\.4 /);
  expect(await session.reply()).toBe("");
  expect(listener.stored).toEqual([]);
});

test("a message of nothing but escaped dots is stored with the escapes gone", async () => {
  const listener = await listen();
  const session = await inData(listener);
  session.write("..\r\n".repeat(5000));
  expect(await session.command(".")).toMatch(/^250 /);
  expect(listener.stored[0]?.raw).toBe(".\r\n".repeat(5000));
});

test("every byte comes through, NUL and 8-bit alike", async () => {
  const listener = await listen();
  const session = await inData(listener);
  // LF alone is refused.
  const bytes = Array.from(
    { length: 256 },
    (_, code) => `x${code === 10 ? "\r" : ""}${String.fromCharCode(code)}y`,
  ).join("");
  session.write(`Subject: bytes\r\n\r\n${bytes}`);
  expect(await session.command("\r\n.")).toMatch(/^250 /);
  expect(listener.stored[0]?.raw).toBe(`Subject: bytes\r\n\r\n${bytes}\r\n`);
});

test("a line of a mail may be longer than RFC 5321 has it: it is stored as it came", async () => {
  const listener = await listen();
  const session = await inData(listener);
  const raw = `Subject: long\r\nX-Long: ${"y".repeat(5000)}\r\n\r\n${"x".repeat(50_000)}\r\n${"z".repeat(999)}`;
  session.write(raw);
  expect(await session.command("\r\n.")).toMatch(/^250 /);
  expect(listener.stored[0]?.raw === `${raw}\r\n`).toBe(true);
});

test("a client that breaks off inside DATA stores nothing, and is no error of ours", async () => {
  const listener = await listen();
  const session = await inData(listener);
  session.write("Subject: half\r\n\r\nhalf a mess");
  session.close();
  const next = await inData(listener);
  expect(await next.command(MAIL)).toMatch(/^250 /);
  expect(listener.stored.map(({ raw }) => raw)).toEqual(["Subject: x\r\n\r\nhello\r\n"]);
  expect(listener.errors).toEqual([]);
});

test("a client that breaks off while its message is being stored does it no harm", async () => {
  const { storing, release, beforeStoring } = heldStore();
  const listener = await listen({ beforeStoring });
  const session = await inData(listener);
  session.write(`${MAIL}\r\n`);
  await storing.opened;
  session.close();
  release.open();
  await eventually("the message", async () => listener.stored.length === 1);
  expect((await open(listener)).greeting).toMatch(/^220 /);
});

test("guessing addresses ends the session; a message that is taken starts the count anew", async () => {
  const listener = await listen();
  const { session } = await open(listener);
  await session.command("EHLO client.test");
  const guess = async (times: number): Promise<string> => {
    let last = "";
    for (let index = 0; index < times; index++)
      last = await session.command(`RCPT TO:<g${index}@rookery.test>`);
    return last;
  };
  await session.command("MAIL FROM:<a@outside.test>");
  expect(await guess(MAX_SMTP_ERRORS)).toMatch(/^550 5\.1\.1 /);
  for (const line of ["RCPT TO:<desk@rookery.test>", "DATA"]) await session.command(line);
  expect(await session.command(MAIL)).toMatch(/^250 /);
  await session.command("MAIL FROM:<a@outside.test>");
  expect(await guess(MAX_SMTP_ERRORS + 1)).toMatch(/^421 4\.7\.0 /);
  expect(await session.reply()).toBe("");
});

test("commands without end that lead nowhere end the session", async () => {
  const listener = await listen();
  const { session } = await open(listener);
  session.write("NOOP\r\n".repeat(MAX_SMTP_COMMANDS + 10));
  let reply = await session.reply();
  let count = 0;
  for (; reply.startsWith("250"); count++) reply = await session.reply();
  expect(reply).toMatch(/^421 4\.7\.0 /);
  expect(count).toBeLessThanOrEqual(MAX_SMTP_COMMANDS);
  expect(await session.reply()).toBe("");
});

test("a line longer than a command may be ends the session, however it comes", async () => {
  const listener = await listen();
  for (const chunk of [100, Number.POSITIVE_INFINITY]) {
    const { session } = await open(listener);
    session.write("x".repeat(MAX_SMTP_COMMAND_BYTES + 1), chunk);
    expect(await session.reply()).toMatch(/^421 /);
    expect(await session.reply()).toBe("");
  }
});

test("an idle session gets a 421 and is closed", async () => {
  const listener = await listen({ idleMs: 150 });
  const { session, greeting } = await open(listener);
  expect(greeting).toMatch(/^220 /);
  expect(await session.reply()).toMatch(/^421 4\.4\.2 /);
  expect(await session.reply()).toBe("");
});

test("stopping tells idle sessions 421, and a message in transfer gets its 250 first", async () => {
  const { storing, release, beforeStoring } = heldStore();
  const listener = await startListener({ beforeStoring });
  const { session: idle } = await open(listener);
  const busy = await inData(listener);
  busy.write(`${MAIL}\r\n`);
  await storing.opened;
  const stopped = listener.stop();
  expect(await idle.reply()).toMatch(/^421 4\.3\.2 /);
  await expect(SmtpSession.open(listener.port)).rejects.toThrow("ECONNREFUSED");
  release.open();
  expect(await busy.reply()).toMatch(/^250 2\.0\.0 /);
  expect(await busy.reply()).toMatch(/^421 4\.3\.2 /);
  expect(await busy.reply()).toBe("");
  await stopped;
  expect(listener.stored).toHaveLength(1);
});

test("stopping waits for a message whose client is gone", async () => {
  const { storing, release, beforeStoring } = heldStore();
  const listener = await startListener({ beforeStoring });
  const session = await inData(listener);
  session.write(`${MAIL}\r\n`);
  await storing.opened;
  session.close();
  let isStopped = false;
  const stopped = listener.stop().then(() => {
    isStopped = true;
  });
  // Turns of the event loop, many times what it takes to see that the client is gone.
  for (let turn = 0; turn < 200; turn++) await new Promise((next) => setImmediate(next));
  expect(isStopped).toBe(false);
  release.open();
  await stopped;
  expect(listener.stored).toHaveLength(1);
});

test("a port that is taken is an error of start, not of the process", async () => {
  const listener = await listen();
  await expect(startListener({ port: listener.port })).rejects.toThrow("EADDRINUSE");
});
