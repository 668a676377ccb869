/** Rookery, PostgreSQL and both killed in turn under mixed load: everything acknowledged is stored, once, and consistent. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { postgresPid } from "../support/engine-process.ts";
import { eventually } from "../support/eventually.ts";
import { type MixedLoad, SECOND_MAIL, startMixedLoad } from "../support/mixed-load.ts";
import { prepareCluster } from "../support/prepared-cluster.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";

let directory: string;
let server: ServerProcess;
let sockets: Sockets;
let hookUrl: string;
/** Ids of the events that were delivered. */
let told: Set<string>;
let db: pg.Client;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rookery-storm-"));
  await prepareCluster(directory);
  told = new Set();
  const refused = new Set<string>();
  sockets = openSockets();
  const port = await sockets.http(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { event_id: id } = JSON.parse(body);
    // Some are retried, five seconds later; after a second failure it would be five minutes.
    if (id.endsWith("00") && !refused.has(id)) {
      refused.add(id);
      return response.writeHead(500).end();
    }
    told.add(id);
    return response.writeHead(204).end();
  });
  hookUrl = `http://127.0.0.1:${port}/`;
  server = await start();
});
afterEach(async () => {
  await db?.end();
  await server.end();
  await sockets.end();
  await rm(directory, { recursive: true, force: true });
});

// What happens under its hands is logged as an error each time.
const start = () => startServer(directory, { ROOKERY_LOG_LEVEL: "silent" });

async function killPostgres(): Promise<void> {
  process.kill(await postgresPid(directory), "SIGKILL");
}
async function killRookery(): Promise<void> {
  await server.kill();
  server = await start();
}

/** Addresses of two inboxes, in a pod each, with a webhook for all of their mail. */
async function prepare(): Promise<string[]> {
  const client = new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey });
  const inboxes: string[] = [];
  for (const pod of ["one", "two"]) {
    const { podId } = await client.pods.create({ clientId: pod });
    for (const name of ["left", "right"])
      inboxes.push((await client.pods.inboxes.create(podId, { username: `${pod}-${name}` })).inboxId);
  }
  await client.webhooks.create({
    url: hookUrl,
    eventTypes: ["message.received", "message.sent", "message.delivered", "message.bounced"],
  });
  return inboxes;
}

async function rows<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
  return (await db.query<Row>(sql)).rows;
}

/** Lists that must be empty, by what they would mean. */
const contradictions: Readonly<Record<string, string>> = {
  "threads that are not what their messages add up to": `
    select t.id from threads t cross join lateral (
      select count(*) as count, sum(m.size) as size, max(m.timestamp) as timestamp,
        max(m.timestamp) filter (where m.direction = 'inbound') as received,
        max(m.timestamp) filter (where m.direction = 'outbound') as sent,
        (array_agg(m.message_id order by m.timestamp desc, m.id desc))[1] as last,
        array_agg(distinct m.sender) as senders
      from messages m where m.pod_id = t.pod_id and m.thread_id = t.id) c
    cross join lateral (
      select array_agg(distinct label) as labels from messages m, unnest(m.labels) as label
      where m.pod_id = t.pod_id and m.thread_id = t.id) l
    where (t.message_count, t.size, t.timestamp, t.received_timestamp, t.sent_timestamp, t.last_message_id)
        is distinct from (c.count, c.size, c.timestamp, c.received, c.sent, c.last)
      or not (t.senders @> c.senders and t.senders <@ c.senders)
      or not (t.labels @> l.labels and t.labels <@ l.labels)`,
  "bytes that no message refers to": `
    select from blobs b where not exists (select from messages m where m.pod_id = b.pod_id and m.raw_sha256 = b.sha256)
      and not exists (select from attachments a where a.pod_id = b.pod_id and a.sha256 = b.sha256)`,
  "messages without their one event": `
    select m.message_id from messages m left join events e on e.pod_id = m.pod_id and e.message_uuid = m.id
      and e.type in ('message.received', 'message.sent') group by m.pod_id, m.id having count(e.id) <> 1`,
  "events that came twice": "select from events group by message_uuid, type having count(*) > 1",
  "copies whose outcome is not theirs": `
    select recipient, state from outbound_deliveries where state <> case
      when recipient like '%@elsewhere.test' then 'captured' when recipient like 'nobody@%' then 'bounced' else 'delivered' end`,
  "sends without the event of their delivery": `
    select m.message_id from messages m where direction = 'outbound' and not exists (
      select from events e where e.pod_id = m.pod_id and e.message_uuid = m.id and e.type = 'message.delivered')`,
  "events that have no delivery": `
    select e.type from events e left join webhook_deliveries d on d.pod_id = e.pod_id and d.event_id = e.id where d.event_id is null`,
  "deliveries that did not end": `
    select d.state from webhook_deliveries d where state = 'pending' or (state = 'failed' and not exists (
      select from webhook_attempts a where a.pod_id = d.pod_id and a.event_id = d.event_id and a.outcome = 'nothing_to_tell'))`,
  "attempts that were not listed": `
    select d.attempts from webhook_deliveries d left join webhook_attempts a using (pod_id, event_id, webhook_id)
    group by d.pod_id, d.event_id, d.webhook_id having count(a.attempt) <> d.attempts`,
  "processes that are gone": "select from worker_processes offset 1",
};

/** What the queue still holds, and who holds it. */
const queueState = async (): Promise<Record<string, unknown>> => ({
  jobs: await rows(`
    select j.id, t.identifier as task, j.payload, j.attempts, j.max_attempts, j.run_at, j.locked_by, j.locked_at, j.last_error,
      q.queue_name, q.locked_by as queue_locked_by, q.locked_at as queue_locked_at, now()
    from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    left join graphile_worker._private_job_queues q on q.id = j.job_queue_id order by j.id limit 20`),
  deliveries: await rows("select * from webhook_deliveries where state = 'pending' limit 20"),
  copies: await rows("select * from outbound_deliveries where state = 'queued' limit 20"),
  processes: await rows("select * from worker_processes"),
  advisoryLocks: await rows(
    "select pid, granted, (classid::bigint << 32) | objid::bigint as key from pg_locks where locktype = 'advisory'",
  ),
  connections: await rows(`
    select pid, usename, application_name, state, wait_event_type, wait_event, state_change, pg_blocking_pids(pid) as behind, left(query, 100) as query
    from pg_stat_activity where datname = current_database()`),
});

/** Whether nothing is left to do but the pruning that waits for its hour. What waits to be tried again is due sooner. */
async function isQueueEmpty(): Promise<boolean> {
  await rows(
    "update graphile_worker._private_jobs set run_at = now() where run_at > now() and locked_by is null",
  );
  for (const table of ["webhook_deliveries", "outbound_deliveries"])
    await rows(
      `update ${table} set next_attempt_at = now() where state in ('pending', 'queued') and next_attempt_at > now()`,
    );
  const left = await rows(`
    select from graphile_worker.jobs where task_identifier <> 'prune'
    union all select from webhook_deliveries where state = 'pending'
    union all select from outbound_deliveries where state = 'queued'`);
  return left.length === 0;
}

/** What is answered for and not there as it should be, of every kind. */
async function missing({ mails, sends }: MixedLoad, inboxes: readonly string[]): Promise<string[]> {
  const stored = new Map(
    (
      await rows<{ address: string; message_id: string; direction: string; labels: string[] }>(
        "select i.address, m.message_id, m.direction, m.labels from messages m join inboxes i on i.pod_id = m.pod_id and i.id = m.inbox_id",
      )
    ).map((row) => [`${row.message_id} in ${row.address}`, row]),
  );
  const wrongMails = mails.flatMap(({ id, to, change }) =>
    to.filter((inbox) => {
      const row = stored.get(`${id} in ${inbox}`);
      if (change === "deleted") return row !== undefined;
      return row === undefined || (change === "labelled" && !row.labels.includes("seen"));
    }),
  );
  const seconds = await rows<{ place: string; count: number }>(
    `select m.sent_message_id || ' in ' || i.address as place, count(*)::integer as count
     from messages m join inboxes i on i.pod_id = m.pod_id and i.id = m.inbox_id
     where m.sent_message_id is not null and m.text like '${SECOND_MAIL}%' group by 1`,
  );
  const counts = new Map(seconds.map(({ place, count }) => [place, count]));
  const wrongSeconds = mails.flatMap(({ id, to, others }) =>
    to.map((inbox) => `${id} in ${inbox}`).filter((place) => (counts.get(place) ?? 0) !== others),
  );
  const wrongSends = sends.flatMap(({ id, from, to }) => [
    ...(stored.get(`${id} in ${from}`)?.direction === "outbound" ? [] : [`${id} sent`]),
    ...to.filter((inbox) => inboxes.includes(inbox) && !stored.has(`${id} in ${inbox}`)),
  ]);
  const answered = new Set(sends.map(({ id }) => id));
  const twice = [...stored.values()].filter(
    (row) => row.direction === "outbound" && !answered.has(row.message_id),
  );
  return [
    ...wrongMails.map((inbox) => `a mail in ${inbox}`),
    ...wrongSeconds.map((place) => `other mails under ${place}`),
    ...wrongSends,
    ...twice.map((row) => `${row.message_id} sent by nobody`),
  ];
}

test("nothing that was answered is lost or doubled, and everything else comes to its end", async () => {
  const inboxes = await prepare();
  const load = startMixedLoad(() => server, inboxes);
  const kills = [
    killPostgres,
    killRookery,
    killPostgres,
    () => killPostgres().then(killRookery),
    killRookery,
  ];
  for (const kill of kills) {
    const before = [load.mails.length, load.sends.length];
    await eventually(
      "some of everything",
      async () => load.mails.length > (before[0] ?? 0) + 15 && load.sends.length > (before[1] ?? 0) + 10,
    );
    await kill();
  }
  await load.stop();
  db = new pg.Client({ host: join(directory, "socket"), user: "postgres", database: "rookery" });
  await db.connect();
  await eventually("the end of everything queued", isQueueEmpty, queueState);
  expect(load.surprises).toEqual([]);
  expect(await missing(load, inboxes)).toEqual([]);
  for (const [meaning, sql] of Object.entries(contradictions)) expect(await rows(sql), meaning).toEqual([]);
  const delivered = await rows<{ id: string }>(
    "select event_id as id from webhook_deliveries where state = 'delivered'",
  );
  expect(delivered.length).toBeGreaterThan(100);
  expect(delivered.filter(({ id }) => !told.has(id))).toEqual([]);
}, 300_000);
