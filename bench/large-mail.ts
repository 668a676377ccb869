/**
 * Neighbours of large mails: how long a small mail and a read wait, and how late the event loop is, while others deliver
 * mails of 24 MB that are made to cost as much as they can.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { AgentMailClient } from "agentmail";
import { sendMail } from "../test/support/smtp-client.ts";
import { readReport } from "./process-report.ts";
import { type Figures, ms, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";

const MEGABYTE = 1024 * 1024;
const MAIL_BYTES = 24 * MEGABYTE;
/** Sessions that deliver large mails at once, each to an inbox of its own. */
const SESSIONS = 4;
/** Between a neighbour's mails, milliseconds. */
const NEIGHBOUR_MS = 50;

const part = (type: string, rest = ""): string => `--b\r\nContent-Type: ${type}\r\n${rest}\r\n`;
const filled = (head: string, piece: string): Buffer =>
  Buffer.from(head + piece.repeat(Math.floor((MAIL_BYTES - head.length) / piece.length)), "latin1");

/** What the reader of each has most to do with, given the head that all have. */
const mails: Readonly<Record<string, (head: string) => Buffer>> = {
  "a file": (head) =>
    filled(
      `${head}Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
      `${"QUJD".repeat(19)}\r\n`,
    ),
  text: (head) => filled(`${head}Content-Type: text/plain\r\n\r\n`, "hello world, how are you?\r\n"),
  "carriage returns": (head) => filled(`${head}Content-Type: text/plain\r\n\r\n`, "\r"),
  "control characters": (head) => filled(`${head}Content-Type: text/plain\r\n\r\n`, "\x01"),
  "near delimiters": (head) => filled(`${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n`, "--bb\r\n"),
  "text beside HTML": (head) =>
    filled(
      `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n${part("text/html")}<p>x</p>\r\n${part("text/plain")}`,
      '<&">\n',
    ),
};

async function peakMemory({ pid }: ServerProcess): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return `${(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024).toFixed(0)} MB`;
}

/** Sends small mails until it is stopped; how long each took from its connection to its 250, and each read. */
async function neighbour(server: ServerProcess, isOver: () => boolean) {
  const mailsMs: number[] = [];
  const readsMs: number[] = [];
  for (let count = 0; !isOver(); count++) {
    const began = performance.now();
    const to = "neighbour@rookery.localhost";
    await sendMail(
      server.smtpPort,
      "a@outside.test",
      [to],
      `Subject: ${count}\r\n\r\n${"text ".repeat(1000)}`,
    );
    const stored = performance.now();
    mailsMs.push(stored - began);
    const url = `${server.baseUrl}/v0/inboxes/${to}`;
    await (await fetch(url, { headers: { authorization: `Bearer ${server.rootKey}` } })).text();
    readsMs.push(performance.now() - stored);
    await pause(NEIGHBOUR_MS);
  }
  return { mailsMs, readsMs };
}

export async function largeMail(server: ServerProcess): Promise<Figures> {
  const client = new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey });
  await client.inboxes.create({ username: "neighbour" });
  for (let index = 0; index < SESSIONS; index++) await client.inboxes.create({ username: `large-${index}` });
  const rows: [string, string][] = [];
  const kinds: Readonly<Record<string, ((head: string) => Buffer) | null>> = {
    "nothing else": null,
    ...mails,
  };
  for (const [name, make] of Object.entries(kinds)) {
    let isOver = false;
    await readReport(server.pid);
    const watched = neighbour(server, () => isOver);
    const began = performance.now();
    if (make === null) await pause(2000);
    else
      await Promise.all(
        Array.from({ length: SESSIONS }, async (_, index) => {
          const head = `Subject: x\r\nMessage-ID: <${name.replaceAll(" ", "-")}-${index}@outside.test>\r\n`;
          const to = `large-${index}@rookery.localhost`;
          const reply = await sendMail(server.smtpPort, "b@outside.test", [to], make(head));
          if (!reply.startsWith("250")) throw new Error(`${name}: ${reply}`);
        }),
      );
    const seconds = (performance.now() - began) / 1000;
    isOver = true;
    const { mailsMs, readsMs } = await watched;
    const { p99 = Number.NaN, max = Number.NaN } = await readReport(server.pid);
    rows.push([
      name,
      `loop late p99 ${ms(p99)}, at most ${ms(max)}; a neighbour's mail p50 ${ms(percentile(mailsMs, 0.5))}, at most ${ms(Math.max(...mailsMs))}; its read at most ${ms(Math.max(...readsMs))}; ${seconds.toFixed(1)} s`,
    ]);
  }
  rows.push(["most memory the Node process held", await peakMemory(server)]);
  return { name: `large mail: ${SESSIONS} mails of 24 MB at once, and a neighbour's small ones`, rows };
}
