/** One of two processes on a database is stopped in the middle of a commit: the other goes on with the same inboxes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { sendMail } from "../support/smtp-client.ts";

let directory: string;
let database: TestDatabase;
let observer: pg.Client;
let stopped: ServerProcess;
let other: ServerProcess;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rookery-stopped-"));
  database = await createDatabase();
  observer = new pg.Client({ connectionString: database.url });
  await observer.connect();
  const settings = { DATABASE_URL: database.url, ROOKERY_LOG_LEVEL: "silent" };
  stopped = await startServer(directory, settings);
  other = await startServer(directory, settings);
});
afterEach(async () => {
  process.kill(stopped.pid, "SIGCONT");
  await Promise.all([stopped.end(), other.end()]);
  await observer.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

/** Transactions that wait for their process while they hold locks. */
const isMidCommit = async (): Promise<boolean> =>
  (
    await observer.query(
      `select from pg_stat_activity where datname = current_database() and application_name = 'rookery_worker'
       and state = 'idle in transaction' and backend_xid is not null`,
    )
  ).rows.length > 0;

test("the other's mail and sends are answered, and what either accepted is there once", async () => {
  const client = new AgentMailClient({ baseUrl: other.baseUrl, apiKey: other.rootKey, maxRetries: 0 });
  const { inboxId } = await client.inboxes.create({ username: "desk" });
  const accepted: string[] = [];
  let turn = 0;
  const mailBy = async ({ smtpPort }: ServerProcess): Promise<boolean> => {
    const id = `<${++turn}@outside.test>`;
    const raw = `From: a@outside.test\r\nMessage-ID: ${id}\r\n\r\nHello`;
    const reply = await sendMail(smtpPort, "a@outside.test", [inboxId], raw);
    if (reply.startsWith("250")) accepted.push(id);
    return reply.startsWith("250");
  };
  let isOver = false;
  const load = Array.from({ length: 12 }, async () => {
    while (!isOver) await mailBy(stopped).catch(() => false);
  });
  // Most moments are in the middle of one: all its mail is for one inbox, whose row a group locks between two round trips.
  await eventually("a stop in the middle of a commit", async () => {
    process.kill(stopped.pid, "SIGSTOP");
    if (await isMidCommit()) return true;
    process.kill(stopped.pid, "SIGCONT");
    return false;
  });
  const before = accepted.length;
  await eventually("mail by the other", () => mailBy(other));
  await client.inboxes.messages.send(inboxId, { to: inboxId, text: "Hello" });
  expect(accepted.length).toBe(before + 1);
  process.kill(stopped.pid, "SIGCONT");
  const after = accepted.length;
  await eventually("mail by the one that goes on", async () => accepted.length > after + 12);
  isOver = true;
  await Promise.all(load);
  await observer.query("set role rookery_worker");
  const { rows } = await observer.query<{ message_id: string }>(
    "select message_id from messages where direction = 'inbound' and message_id like '%@outside.test>'",
  );
  const stored = rows.map((row) => row.message_id);
  expect(accepted.filter((id) => !stored.includes(id))).toEqual([]);
  expect(new Set(stored).size).toBe(stored.length);
});
