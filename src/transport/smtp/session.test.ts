/** How replies leave: those to a pipelined group together, one by itself at once (RFC 2920 section 3.2). */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import {
  type ListenerOptions,
  startListener,
  type TestListener,
} from "../../../test/support/smtp-listener.ts";

let listener: TestListener;
let socket: Socket;

/** A client that has said EHLO. */
async function greet(options: ListenerOptions = {}): Promise<void> {
  listener = await startListener(options);
  socket = connect(listener.port, "127.0.0.1");
  await once(socket, "data");
  expect(await exchange("EHLO client.test\r\n")).toMatch(/^250/);
}

afterEach(async () => {
  socket.destroy();
  await listener.stop();
});

/** Sends in one write, and gives what comes back first: a small write of the other side arrives whole. */
async function exchange(sent: string): Promise<string> {
  socket.write(sent);
  return String((await once(socket, "data"))[0]);
}

const codesOf = (replies: string): string[] => replies.match(/^\d{3}(?= )/gm) ?? [];

test("the replies to a pipelined group leave in one write, in order, refusals included", async () => {
  // Turns of the event loop, many times what the client needs to read what was written before.
  const beforeResolving = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await new Promise((next) => setImmediate(next));
  };
  await greet({ beforeResolving });
  const group = [
    "RSET",
    "MAIL FROM:<a@outside.test>",
    "RCPT TO:<desk@rookery.test>",
    "RCPT TO:<nobody@rookery.test>",
    "RCPT TO:<sales@rookery.test>",
    "DATA",
  ];
  const replies = await exchange(`${group.join("\r\n")}\r\n`);
  expect(codesOf(replies)).toEqual(["250", "250", "250", "550", "250", "354"]);
  expect(await exchange("Subject: x\r\n\r\nhello\r\n.\r\n")).toMatch(/^250 2\.0\.0 [^\n]*\n$/);
});

test("a group without DATA is answered once its last command is read, whatever part of another follows", async () => {
  await greet();
  const replies = await exchange("MAIL FROM:<a@outside.test>\r\nRCPT TO:<desk@rookery.test>\r\nRCPT TO:<sa");
  expect(codesOf(replies)).toEqual(["250", "250"]);
  expect(codesOf(await exchange("les@rookery.test>\r\n"))).toEqual(["250"]);
});

test("a command that ends a group is answered with what came before, and does not wait for what comes behind", async () => {
  await greet();
  const replies = await exchange("MAIL FROM:<a@outside.test>\r\nNOOP\r\nRSET\r\nQUIT\r\n");
  expect(codesOf(replies).slice(0, 2)).toEqual(["250", "250"]);
});

test("DATA's 354 does not wait for the end of a message that is sent without waiting for it", async () => {
  await greet();
  const group = "MAIL FROM:<a@outside.test>\r\nRCPT TO:<desk@rookery.test>\r\nDATA\r\n";
  const replies = await exchange(`${group}Subject: x\r\n\r\nhalf of it`);
  expect(codesOf(replies)).toEqual(["250", "250", "354"]);
  expect(await exchange(" and the rest\r\n.\r\n")).toMatch(/^250 2\.0\.0 /);
});

test("a session that ends within a group has its replies before the 421", async () => {
  await greet({
    beforeResolving: () => void listener.stop(),
  });
  let received = "";
  socket.on("data", (chunk) => {
    received += String(chunk);
  });
  socket.write(
    "MAIL FROM:<a@outside.test>\r\nRCPT TO:<desk@rookery.test>\r\nRCPT TO:<sales@rookery.test>\r\n",
  );
  await once(socket, "end");
  expect(codesOf(received).slice(0, 2)).toEqual(["250", "421"]);
});

test("a last line without its end is answered as well", async () => {
  await greet();
  socket.end("RSET\r\nMAIL FROM:<a@outside.test>");
  let received = "";
  socket.on("data", (chunk) => {
    received += String(chunk);
  });
  await once(socket, "close");
  expect(codesOf(received)[0]).toBe("250");
});
