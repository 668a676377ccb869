/** An inbox moves to another pod while its process is killed, and while mail and webhooks are under way: all is there once. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { nylasClient } from "../support/nylas.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { SmtpSession, sendMail } from "../support/smtp-client.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";

let database: TestDatabase;
let directory: string;
let servers: ServerProcess[];
let worker: pg.Client;
let blocker: pg.Client;
let sockets: Sockets;
beforeEach(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), "rookery-moves-"));
  servers = [];
  sockets = openSockets();
  const asWorker = { connectionString: database.url, options: "-c role=rookery_worker" };
  [worker, blocker] = [new pg.Client(asWorker), new pg.Client(asWorker)];
});
afterEach(async () => {
  await worker.end();
  await blocker.end();
  await sockets.end();
  for (const server of servers) await server.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

async function start() {
  const server = await startServer(directory, { DATABASE_URL: database.url });
  servers.push(server);
  const client = new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey, maxRetries: 0 });
  return { server, client, nylas: nylasClient(server.baseUrl, server.rootKey) };
}

const ADDRESS = "desk@rookery.localhost";
const mail = (id: string) =>
  `From: a@outside.test\r\nTo: ${ADDRESS}\r\nSubject: ${id}\r\nMessage-ID: <${id}@outside.test>\r\n\r\nHello`;
const send = (server: ServerProcess, id: string) =>
  sendMail(server.smtpPort, "a@outside.test", [ADDRESS], mail(id));

const count = async (table: string, where: string, ...values: unknown[]): Promise<number> => {
  const { rows } = await worker.query<{ n: number }>(
    `select count(*)::int as n from ${table} where ${where}`,
    values,
  );
  return rows[0]?.n ?? 0;
};

/** More than one transaction moves. */
const COPIES = 2200;

/** Makes messages, each in a thread of its own, out of the one that is there. */
async function enlarge(podId: string): Promise<void> {
  await worker.query("begin");
  await worker.query(
    `insert into threads select (copy).* from (
       select jsonb_populate_record(null::threads, to_jsonb(t) || jsonb_build_object('id', gen_random_uuid())) as copy
       from threads t cross join generate_series(1, ${COPIES}) where t.pod_id = $1 offset 0) as copies`,
    [podId],
  );
  await worker.query(
    `insert into messages select (copy).* from (
       select jsonb_populate_record(null::messages, to_jsonb(m) || jsonb_build_object('id', gen_random_uuid(), 'thread_id', t.id,
         'message_id', '<' || t.id || '@x>', 'sent_message_id', null)) as copy
       from messages m join threads t on t.pod_id = m.pod_id and t.id <> m.thread_id where m.pod_id = $1 offset 0) as copies`,
    [podId],
  );
  await worker.query("commit");
}

/** Tables whose rows go along. */
const tablesOfInboxes = [
  "threads",
  "messages",
  "attachments",
  "events",
  "outbound_deliveries",
  "addresses",
  "api_keys",
];

test("killed in the middle of a move, the next process ends it: every message is there once, nothing is left, and mail that was put off meanwhile comes", async () => {
  const first = await start();
  await worker.connect();
  const { podId: source } = await first.client.pods.create({});
  const { podId: target } = await first.client.pods.create({});
  await first.client.pods.inboxes.create(source, { username: "desk" });
  expect(await send(first.server, "one")).toMatch(/^250 /);
  await enlarge(source);
  // Holds the move up at its last threads.
  await blocker.connect();
  await blocker.query("begin");
  await blocker.query(
    "select from threads where pod_id = $1 and id = (select id from threads where pod_id = $1 order by timestamp desc, id desc limit 1) for update",
    [source],
  );
  const session = await SmtpSession.open(first.server.smtpPort);
  await session.reply();
  await session.command("EHLO early.test");
  await session.command("MAIL FROM:<a@outside.test>");
  expect(await session.command(`RCPT TO:<${ADDRESS}>`)).toMatch(/^250 /);

  await first.nylas.workspaces.manualAssign({
    workspaceId: target,
    requestBody: { assignGrants: [ADDRESS] },
  });
  await eventually("the move waits for the lock", async () => {
    const { rows } = await blocker.query(
      "select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))",
    );
    return rows.length > 0;
  });
  // Its recipient was accepted before the move began.
  await session.command("DATA");
  expect(await session.command(`${mail("early")}\r\n.`)).toMatch(/^451 /);
  await session.command("MAIL FROM:<a@outside.test>");
  expect(await session.command(`RCPT TO:<${ADDRESS}>`)).toMatch(/^451 4\.2\.1 /);
  session.close();
  await expect(first.client.inboxes.messages.list(ADDRESS)).rejects.toMatchObject({ statusCode: 409 });

  await first.server.kill();
  await blocker.query("rollback");
  const moved = await count("messages", "pod_id = $1", target);
  expect(moved).toBeGreaterThan(0);
  expect(moved + (await count("messages", "pod_id = $1", source))).toBe(COPIES + 1);

  const second = await start();
  await eventually("the move ends", async () => (await second.client.inboxes.get(ADDRESS)).podId === target);
  expect(await count("messages", "pod_id = $1", target)).toBe(COPIES + 1);
  expect(await count("threads", "pod_id = $1", target)).toBe(COPIES + 1);
  for (const table of tablesOfInboxes) expect(await count(table, "pod_id = $1", source), table).toBe(0);
  expect(await count("inboxes", "pod_id = $1", source)).toBe(0);
  await eventually("bytes are swept", async () => (await count("blobs", "pod_id = $1", source)) === 0);
  for (const id of ["early", "later", "one"]) expect(await send(second.server, id)).toMatch(/^250 /);
  expect(await count("messages", "pod_id = $1", target)).toBe(COPIES + 3);
});

test("a send that is queued and a webhook that is under way while their inbox moves are delivered once", async () => {
  const told: string[] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const port = await sockets.http((request, response) => {
    told.push(String(request.headers["svix-id"]));
    request.resume();
    void held.then(() => response.writeHead(204).end());
  });
  const { server, client, nylas } = await start();
  await worker.connect();
  const { podId: source } = await client.pods.create({});
  const { podId: target } = await client.pods.create({});
  await client.pods.inboxes.create(source, { username: "desk" });
  await client.inboxes.create({ username: "other" });
  await client.webhooks.create({ url: `http://127.0.0.1:${port}/`, eventTypes: ["message.received"] });
  expect(await send(server, "one")).toMatch(/^250 /);
  await eventually("the webhook is under way", async () => told.length === 1);
  const sends = [1, 2, 3].map((n) =>
    client.inboxes.messages.send(ADDRESS, {
      to: "other@rookery.localhost",
      subject: `no ${n}`,
      text: "Hello",
    }),
  );
  await Promise.all(sends);
  await nylas.workspaces.manualAssign({ workspaceId: target, requestBody: { assignGrants: [ADDRESS] } });
  release();
  await eventually(
    "the attempt is on record",
    async () => (await count("webhook_attempts", "pod_id = $1 and outcome = 'delivered'", target)) === 1,
  );
  await eventually("the sends are there", async () => {
    const { messages } = await client.inboxes.messages.list("other@rookery.localhost");
    return messages.length === 3;
  });
  await eventually(
    "the copies are settled",
    async () => (await count("outbound_deliveries", "pod_id = $1 and state = 'delivered'", target)) === 3,
  );
  expect(await count("outbound_deliveries", "pod_id = $1", source)).toBe(0);
  expect(await count("webhook_deliveries", "state = 'pending' and pod_id = $1", target)).toBe(0);
  expect(new Set(told).size).toBe(told.length);
});
