/** Two processes on one database, of which one is killed, or stopped, while both deliver: the other goes on, and nothing comes twice. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

const MESSAGES = 60;

let database: TestDatabase;
let directory: string;
let servers: ServerProcess[];
let worker: pg.Client;
beforeEach(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), "rookery-two-"));
  servers = [];
  // One after the other: the second finds the keys that the first has made.
  for (let index = 0; index < 2; index++)
    servers.push(await startServer(directory, { DATABASE_URL: database.url }));
  worker = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  await worker.connect();
});
afterEach(async () => {
  await worker.end();
  for (const server of servers) await server.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const rows = async (sql: string): Promise<unknown[]> => (await worker.query(sql)).rows;

/** Sends through both, to inboxes here, until `MESSAGES` were answered or one no longer answers. */
async function sendThroughBoth(whenHalfIsSent: () => void): Promise<string[]> {
  const [first] = servers;
  if (first === undefined) throw new Error("two servers were started");
  const made = new AgentMailClient({ baseUrl: first.baseUrl, apiKey: first.rootKey });
  const { podId } = await made.pods.create({});
  const { inboxId: from } = await made.pods.inboxes.create(podId, { username: "from" });
  const { inboxId: to } = await made.pods.inboxes.create(podId, { username: "to" });
  const sent: string[] = [];
  const lane = async (server: ServerProcess): Promise<void> => {
    const client = new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey, maxRetries: 0 });
    for (let index = 0; index < MESSAGES / 2; index++) {
      const { messageId } = await client.inboxes.messages.send(from, { to, text: "Hello" });
      if (sent.push(messageId) === MESSAGES / 2) whenHalfIsSent();
    }
  };
  await Promise.allSettled(servers.map((server) => Promise.race([lane(server), ended.promise])));
  // A copy: a lane that was left goes on sending.
  return [...sent];
}

let ended: PromiseWithResolvers<never>;
beforeEach(() => {
  ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
});

async function expectEachOnce(sent: readonly string[]): Promise<void> {
  await eventually("every copy", async () => {
    const queued = await rows("select from outbound_deliveries where state = 'queued'");
    return queued.length === 0;
  });
  const received = (await rows("select message_id from messages where direction = 'inbound'")) as {
    message_id: string;
  }[];
  const ids = received.map(({ message_id }) => message_id);
  expect(sent.filter((id) => !ids.includes(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(
    await rows(
      "select message_uuid, type from events where type in ('message.delivered', 'message.received') group by 1, 2 having count(*) > 1",
    ),
  ).toEqual([]);
  // One that goes on may have more to send.
  const others = "select state from outbound_deliveries where state not in ('delivered', 'queued')";
  expect(await rows(others)).toEqual([]);
}

test("a process that is killed leaves its copies to the other", async () => {
  const [, second] = servers;
  const sent = await sendThroughBoth(() => void second?.kill());
  servers.pop();
  expect(sent.length).toBeGreaterThanOrEqual(MESSAGES / 2);
  await expectEachOnce(sent);
});

test("a process that is stopped (SIGSTOP) leaves its copies to the other, and does nothing twice when it goes on", async () => {
  const [, second] = servers;
  if (second === undefined) throw new Error("two servers were started");
  const sent = await sendThroughBoth(() => {
    process.kill(second.pid, "SIGSTOP");
    ended.reject(new Error("one of them answers no more"));
  });
  try {
    await expectEachOnce(sent);
  } finally {
    process.kill(second.pid, "SIGCONT");
  }
  await expectEachOnce(sent);
});
