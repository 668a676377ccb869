/** Scheduled drafts, and drafts that clients send, while their process is killed: each is sent once. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

let database: TestDatabase;
let directory: string;
let worker: pg.Client;
let server: ServerProcess | null;
beforeEach(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), "rookery-drafts-"));
  worker = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  await worker.connect();
  server = null;
});
afterEach(async () => {
  await server?.end();
  await worker.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<AgentMailClient> {
  server = await startServer(directory, { DATABASE_URL: database.url, ROOKERY_SERVICES: "http,worker" });
  return new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey, maxRetries: 0 });
}

const countOf = async (table: "drafts" | "messages"): Promise<number> => {
  const { rows } = await worker.query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return rows[0]?.n ?? 0;
};
const subjects = async (): Promise<string[]> => {
  const { rows } = await worker.query<{ subject: string }>("select subject from messages order by subject");
  return rows.map(({ subject }) => subject);
};

/** Enough that a process is killed in the midst of them. */
const DRAFTS = 90;
const named = (index: number) => `nr ${String(index).padStart(3, "0")}`;
const all = Array.from({ length: DRAFTS }, (_none, index) => named(index));

/** Resolves when some of the drafts are sent, and others not. */
const underWay = (more: number): Promise<true> =>
  eventually("some are sent", async () => (await countOf("messages")) >= more);

test("drafts that were due while no process ran are sent once by those that follow, each killed in the midst of it", async () => {
  const client = await start();
  const { inboxId } = await client.inboxes.create({ username: "agent" });
  for (const subject of all)
    await client.inboxes.drafts.create(inboxId, {
      ...{ to: ["x@elsewhere.test"], subject },
      sendAt: new Date(Date.now() + 3_600_000),
    });
  await server?.kill();
  await worker.query("update drafts set due_at = now()");
  expect(await countOf("messages")).toBe(0);
  for (let kills = 0; kills < 3; kills++) {
    const before = await countOf("messages");
    await start();
    await underWay(Math.min(DRAFTS, before + 8));
    await server?.kill();
    expect((await countOf("messages")) + (await countOf("drafts"))).toBe(DRAFTS);
  }
  await start();
  await eventually("all are sent", async () => (await countOf("drafts")) === 0);
  expect(await subjects()).toEqual(all);
}, 240_000);

test("a draft that is sent again under its Idempotency-Key after a kill is sent once, whichever answer was lost", async () => {
  let client = await start();
  const { inboxId } = await client.inboxes.create({ username: "agent" });
  const drafts: { readonly draftId: string; readonly subject: string }[] = [];
  for (const subject of all.slice(0, 60)) {
    const { draftId } = await client.inboxes.drafts.create(inboxId, { to: ["x@elsewhere.test"], subject });
    drafts.push({ draftId, subject });
  }
  const send = (draft: { readonly draftId: string; readonly subject: string }) =>
    client.inboxes.drafts.send(inboxId, draft.draftId, {}, { idempotencyKey: draft.draftId });
  const tried = Promise.allSettled(drafts.map(send));
  await underWay(10);
  await server?.kill();
  await tried;
  client = await start();
  const answers = await Promise.all(drafts.map(send));
  expect(new Set(answers.map(({ messageId }) => messageId)).size).toBe(drafts.length);
  expect(await subjects()).toEqual(drafts.map(({ subject }) => subject));
  expect(await countOf("drafts")).toBe(0);
}, 240_000);
