/** A tenant leaves: two processes on one database, of which one is killed while it deletes. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import { unpackTar } from "modern-tar";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { SmtpSession } from "../support/smtp-client.ts";

let database: TestDatabase;
let directory: string;
let servers: ServerProcess[];
let worker: pg.Client;
beforeEach(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), "rookery-leaving-"));
  servers = [];
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

const MAILS = 30;
/** More than a turn of the job deletes, so that it is killed in the middle. */
const EVENTS = 60_000;

function both(): [ServerProcess, ServerProcess] {
  const [one, other] = servers;
  if (one === undefined || other === undefined) throw new Error("two servers were started");
  return [one, other];
}

const ask = (server: ServerProcess, method: string, path: string, key = server.rootKey): Promise<Response> =>
  fetch(`${server.baseUrl}${path}`, { method, headers: { authorization: `Bearer ${key}` } });

async function rcpt({ smtpPort }: ServerProcess, address: string): Promise<string> {
  const session = await SmtpSession.open(smtpPort);
  await session.reply();
  await session.command("EHLO client.test");
  await session.command("MAIL FROM:<a@outside.test>");
  const answer = await session.command(`RCPT TO:<${address}>`);
  session.close();
  return answer;
}

async function rowsOf(pod: string): Promise<Record<string, number>> {
  const { rows: tables } = await worker.query<{ name: string }>(
    `select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'pod_id'
       and table_name in (select table_name from information_schema.tables where table_type = 'BASE TABLE') and table_name <> 'audit'`,
  );
  const held: Record<string, number> = {};
  for (const { name } of tables) {
    const { rows } = await worker.query<{ n: number }>(
      `select count(*)::int as n from ${name} where pod_id = $1`,
      [pod],
    );
    if (rows[0] !== undefined && rows[0].n > 0) held[name] = rows[0].n;
  }
  return held;
}

interface Leaving {
  readonly podId: string;
  readonly inboxId: string;
  /** Of a key of the inbox. */
  readonly key: string;
}

async function tenant({ baseUrl, rootKey }: ServerProcess): Promise<Leaving> {
  const client = new AgentMailClient({ baseUrl, apiKey: rootKey, maxRetries: 0 });
  const { podId } = await client.pods.create({ clientId: "acme" });
  const { inboxId } = await client.pods.inboxes.create(podId, {
    username: "support-acme",
    clientId: "support",
  });
  const key = await client.inboxes.apiKeys.create(inboxId, {});
  if (!("apiKey" in key)) throw new Error("not a bearer key");
  for (let index = 0; index < MAILS; index++)
    await client.inboxes.messages.send(inboxId, {
      to: inboxId,
      subject: `Nr ${index}`,
      text: "x".repeat(1000),
    });
  return { podId, inboxId, key: key.apiKey };
}

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Every message is in the archive, byte for byte, and no secret. */
async function expectWhole(exported: Response, { podId, inboxId }: Leaving): Promise<void> {
  expect([exported.status, exported.headers.get("content-type")]).toEqual([200, "application/x-tar"]);
  const entries = await unpackTar(new Uint8Array(await exported.arrayBuffer()));
  const files = new Map(entries.map(({ header, data }) => [header.name, Buffer.from(data ?? [])]));
  const mails = [...files].filter(([name]) => name.startsWith(`${podId}/inboxes/${inboxId}/`));
  const { rows } = await worker.query<{ content: Buffer }>(
    "select b.content from messages m join blobs b on b.pod_id = m.pod_id and b.sha256 = m.raw_sha256 where m.pod_id = $1",
    [podId],
  );
  const hashes = rows.map(({ content }) => hash(content));
  expect(mails.map(([, bytes]) => hash(bytes)).toSorted()).toEqual(hashes.toSorted());
  const manifest = entries.at(-1)?.header.name;
  expect(manifest).toBe(`${podId}/manifest.json`);
  expect(JSON.parse(String(files.get(manifest ?? "")))).toMatchObject({ messages: rows.length, inboxes: 1 });
  expect(Buffer.concat([...files.values()]).includes("whsec_")).toBe(false);
}

test("suspended through one process it is refused by the other at the very next request and RCPT, and exported whole", async () => {
  const [one, other] = both();
  const leaving = await tenant(one);
  const { podId, inboxId, key } = leaving;
  expect((await ask(other, "GET", `/v0/inboxes/${inboxId}`, key)).status).toBe(200);
  expect(await rcpt(other, inboxId)).toMatch(/^250 /);
  expect((await ask(one, "POST", `/v0/pods/${podId}/suspend`)).status).toBe(200);
  const refused = await ask(other, "GET", `/v0/inboxes/${inboxId}`, key);
  expect([refused.status, await refused.json()]).toMatchObject([403, { code: "pod_suspended" }]);
  expect(await rcpt(other, inboxId)).toMatch(/^550 5\.2\.1 /);
  await expectWhole(await ask(other, "GET", `/v0/pods/${podId}/export`), leaving);
});

test("deleted, it is gone in both at once; what it held goes though the process that deletes is killed, and its names are free", async () => {
  const [one, other] = both();
  const { podId, inboxId, key } = await tenant(one);
  await worker.query(
    `insert into events (pod_id, id, organization_id, type, data, created_at)
     select $1, gen_random_uuid(), organization_id, 'message.received', '{}', now() from pods, generate_series(1, ${EVENTS}) where id = $1`,
    [podId],
  );
  expect((await ask(one, "POST", `/v0/pods/${podId}/erase`)).status).toBe(204);
  expect(await rcpt(other, inboxId)).toMatch(/^550 5\.1\.1 /);
  expect((await ask(other, "GET", `/v0/inboxes/${inboxId}`, key)).status).toBe(403);
  await eventually("a part of it is deleted", async () => {
    const { events = 0 } = await rowsOf(podId);
    return events < EVENTS;
  });
  await one.kill();
  servers.shift();
  const gone = async (): Promise<boolean> =>
    (await worker.query("select from pods where id = $1", [podId])).rows.length === 0;
  await eventually("the other process deletes the rest", gone, () => rowsOf(podId));
  expect(await rowsOf(podId)).toEqual({});
  const client = new AgentMailClient({ baseUrl: other.baseUrl, apiKey: other.rootKey, maxRetries: 0 });
  const again = await client.pods.create({ clientId: "acme" });
  expect(again.podId).not.toBe(podId);
  expect((await client.pods.inboxes.create(again.podId, { username: "support-acme" })).inboxId).toBe(inboxId);
});
