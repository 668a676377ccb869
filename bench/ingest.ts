/**
 * Messages a second through SMTP, 5 KB each, to committed, threaded and with their event. Uses Postfix's smtp-source for
 * the rate when it is there, else our own client; latency from the end of DATA to its 250 is always our own client's.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ServerProcess } from "../test/support/server-process.ts";
import { SmtpSession } from "../test/support/smtp-client.ts";
import { type Figures, ms, percentile } from "./report.ts";

const run = promisify(execFile);

const MESSAGES = 6000;
const SESSIONS = 20;
const BODY_BYTES = 5000;

const line = `${"Nulla dies sine linea. ".repeat(3)}\r\n`;
const body = line.repeat(Math.ceil(BODY_BYTES / line.length));

async function lane(server: ServerProcess, count: number, name: string): Promise<number[]> {
  const samples: number[] = [];
  const session = await SmtpSession.open(server.smtpPort);
  await session.reply();
  await session.command("EHLO bench.test");
  for (let index = 0; index < count; index++) {
    session.write("MAIL FROM:<a@outside.test>\r\nRCPT TO:<bench@rookery.localhost>\r\nDATA\r\n");
    for (let reply = 0; reply < 3; reply++) await session.reply();
    const began = performance.now();
    session.write(
      `From: a@outside.test\r\nTo: bench@rookery.localhost\r\nSubject: bench\r\nMessage-ID: <${name}-${index}@bench>\r\n\r\n${body}.\r\n`,
    );
    const reply = await session.reply();
    if (!reply.startsWith("250")) throw new Error(reply);
    samples.push(performance.now() - began);
  }
  session.close();
  return samples;
}

async function lanes(
  server: ServerProcess,
  sessions: number,
  messages: number,
  name: string,
): Promise<{ rate: number; samples: number[] }> {
  const began = performance.now();
  const each = Math.ceil(messages / sessions);
  const all = await Promise.all(
    Array.from({ length: sessions }, (_, index) => lane(server, each, `${name}${index}`)),
  );
  return { rate: (each * sessions) / ((performance.now() - began) / 1000), samples: all.flat() };
}

async function smtpSource(server: ServerProcess): Promise<number | null> {
  const began = performance.now();
  const args = [
    "-s",
    String(SESSIONS),
    "-l",
    String(BODY_BYTES),
    "-m",
    String(MESSAGES),
    "-f",
    "a@outside.test",
    "-t",
    "bench@rookery.localhost",
    `127.0.0.1:${server.smtpPort}`,
  ];
  try {
    await run("/usr/sbin/smtp-source", args);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  return MESSAGES / ((performance.now() - began) / 1000);
}

export async function ingest(server: ServerProcess): Promise<Figures> {
  const headers = { authorization: `Bearer ${server.rootKey}` };
  await fetch(`${server.baseUrl}/v0/inboxes`, {
    method: "POST",
    headers,
    body: JSON.stringify({ username: "bench" }),
  });
  await lanes(server, SESSIONS, 1000, "warm");
  const loaded = await lanes(server, SESSIONS, MESSAGES, "load");
  const idle = await lanes(server, 1, 300, "idle");
  const source = await smtpSource(server);
  return {
    name: `ingest: ${BODY_BYTES} byte mails over SMTP to committed, threaded, with event`,
    rows: [
      [`rate, own client, ${SESSIONS} sessions`, `${loaded.rate.toFixed(0)} messages/s`],
      [
        "rate, smtp-source",
        source === null
          ? "not installed (Debian: postfix)"
          : `${source.toFixed(0)} messages/s (a connection each)`,
      ],
      [
        `DATA -> 250 at ${SESSIONS} sessions`,
        `p50 ${ms(percentile(loaded.samples, 0.5))}, p99 ${ms(percentile(loaded.samples, 0.99))}`,
      ],
      [
        "DATA -> 250 at 1 session",
        `p50 ${ms(percentile(idle.samples, 0.5))}, p99 ${ms(percentile(idle.samples, 0.99))}`,
      ],
    ],
  };
}
