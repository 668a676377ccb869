/** A storm: mixed load while processes are killed, stopped or cut off. What it needs, and what must be true at its end. */
import { AgentMailClient } from "agentmail";
import type pg from "pg";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import { type MixedLoad, SECOND_MAIL } from "./mixed-load.ts";
import type { ServerProcess } from "./server-process.ts";
import type { Sockets } from "./sockets.ts";

type Rows = <Row extends pg.QueryResultRow>(sql: string) => Promise<Row[]>;

export interface StormRows {
  /** Of all tenants. */
  readonly rows: Rows;
  /** The same as the owner of the tables, who alone reaches the job queue. */
  readonly asOwner: Rows;
}

/** An endpoint that refuses some events once. @returns where it is, and ids of the events that were delivered */
export async function openStormReceiver(
  sockets: Sockets,
): Promise<{ url: string; told: ReadonlySet<string> }> {
  const told = new Set<string>();
  const refused = new Set<string>();
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
  return { url: `http://127.0.0.1:${port}/`, told };
}

/** Addresses of four inboxes, two in a pod each, with a webhook for all of their mail. */
export async function makeStormTenants(
  { baseUrl, rootKey }: ServerProcess,
  hookUrl: string,
): Promise<string[]> {
  const client = new AgentMailClient({ baseUrl, apiKey: rootKey });
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

export interface Storm {
  /** Ended. */
  readonly load: MixedLoad;
  readonly inboxes: readonly string[];
  readonly told: ReadonlySet<string>;
  /** Rookerys that run. */
  readonly processes: number;
  /**
   * True where a line to the database was silent: a statement of a sweep may take minutes, and so one whose line fell silent holds its
   * job for as long (LONG_STATEMENT_MS). Nothing that was answered waits for it.
   */
  readonly sweepsMayWait?: boolean;
}

/** Waits until nothing is queued; then what was answered is there, once, and everything else has come to its end. */
export async function expectNothingLost(
  db: StormRows,
  { load, inboxes, told, processes, sweepsMayWait = false }: Storm,
): Promise<void> {
  await eventually(
    "the end of everything queued",
    () => isQueueEmpty(db, sweepsMayWait),
    () => queueState(db),
  );
  expect(load.surprises).toEqual([]);
  expect(await missing(db, load, inboxes)).toEqual([]);
  const sweeps = await db.asOwner("select from graphile_worker.jobs where task_identifier = 'sweep_blobs'");
  for (const [meaning, sql] of Object.entries(contradictions))
    if (meaning !== UNREFERENCED || sweeps.length === 0) expect(await db.rows(sql), meaning).toEqual([]);
  expect(
    await db.asOwner(`select from worker_processes offset ${processes}`),
    "processes that are gone",
  ).toEqual([]);
  const delivered = await db.rows<{ id: string }>(
    "select event_id as id from webhook_deliveries where state = 'delivered'",
  );
  expect(delivered.length).toBeGreaterThan(100);
  expect(delivered.filter(({ id }) => !told.has(id))).toEqual([]);
}

/** What a sweep ends. */
const UNREFERENCED = "bytes that no message refers to";

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
  [UNREFERENCED]: `
    select from blobs b where not exists (select from messages m where m.pod_id = b.pod_id and m.raw_sha256 = b.sha256)
      and not exists (select from attachments a where a.pod_id = b.pod_id and a.sha256 = b.sha256)`,
  "messages without their one event": `
    select m.message_id from messages m left join events e on e.pod_id = m.pod_id and e.message_uuid = m.id
      and e.type in ('message.received', 'message.sent') group by m.pod_id, m.id having count(e.id) <> 1`,
  // A message is labelled as often as its labels change.
  "events that came twice": `
    select from events where type <> 'message.labelled' group by message_uuid, type having count(*) > 1`,
  "copies whose outcome is not theirs": `
    select recipient, recipients, state from outbound_deliveries where state <> case
      when domain = 'elsewhere.test' then 'captured' when recipient like 'nobody@%' then 'bounced' else 'delivered' end`,
  "sends without the event of their delivery": `
    select m.message_id from messages m where direction = 'outbound' and not exists (
      select from events e where e.pod_id = m.pod_id and e.message_uuid = m.id and e.type = 'message.delivered')`,
  "events that have no delivery": `
    select e.type from events e left join webhook_deliveries d on d.pod_id = e.pod_id and d.event_id = e.id
    -- No webhook is told of labels.
    where d.event_id is null and e.type <> 'message.labelled'`,
  "deliveries that did not end": `
    select d.state from webhook_deliveries d where state = 'pending' or (state = 'failed' and not exists (
      select from webhook_attempts a where a.pod_id = d.pod_id and a.event_id = d.event_id and a.outcome = 'nothing_to_tell'))`,
  "attempts that were not listed": `
    select d.attempts from webhook_deliveries d left join webhook_attempts a using (pod_id, event_id, webhook_id)
    group by d.pod_id, d.event_id, d.webhook_id having count(a.attempt) <> d.attempts`,
};

/** What the queue still holds, and who holds it. */
const queueState = async ({ rows, asOwner }: StormRows): Promise<Record<string, unknown>> => ({
  jobs: await asOwner(`
    select j.id, t.identifier as task, j.payload, j.attempts, j.max_attempts, j.run_at, j.locked_by, j.locked_at, j.last_error,
      q.queue_name, q.locked_by as queue_locked_by, q.locked_at as queue_locked_at, now()
    from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    left join graphile_worker._private_job_queues q on q.id = j.job_queue_id order by j.id limit 20`),
  deliveries: await rows("select * from webhook_deliveries where state = 'pending' limit 20"),
  copies: await rows("select * from outbound_deliveries where state = 'queued' limit 20"),
  processes: await asOwner("select * from worker_processes"),
  advisoryLocks: await rows(
    "select pid, granted, (classid::bigint << 32) | objid::bigint as key from pg_locks where locktype = 'advisory'",
  ),
  connections: await rows(`
    select pid, usename, application_name, state, wait_event_type, wait_event, state_change, pg_blocking_pids(pid) as behind, left(query, 100) as query
    from pg_stat_activity where datname = current_database()`),
});

/** Jobs that enqueue themselves anew. */
const PERIODIC = "('prune', 'rank_inboxes')";

/** Whether nothing is left to do but what comes again when its time has come. What waits to be tried again is due sooner. */
async function isQueueEmpty({ rows, asOwner }: StormRows, sweepsMayWait: boolean): Promise<boolean> {
  await asOwner(
    `update graphile_worker._private_jobs set run_at = now() where run_at > now() and locked_by is null
     and task_id not in (select id from graphile_worker._private_tasks where identifier in ${PERIODIC})`,
  );
  for (const table of ["webhook_deliveries", "outbound_deliveries"])
    await rows(
      `update ${table} set next_attempt_at = now() where state in ('pending', 'queued') and next_attempt_at > now()`,
    );
  const underWay = sweepsMayWait ? "task_identifier = 'sweep_blobs' and locked_at is not null" : "false";
  const jobs = await asOwner(
    `select from graphile_worker.jobs where task_identifier not in ${PERIODIC} and not (${underWay})`,
  );
  const left = await rows(`
    select from webhook_deliveries where state = 'pending'
    union all select from outbound_deliveries where state in ('queued', 'sending', 'deferred')`);
  return jobs.length + left.length === 0;
}

/** What is answered for and not there as it should be, of every kind. */
async function missing(
  { rows }: StormRows,
  { mails, sends }: MixedLoad,
  inboxes: readonly string[],
): Promise<string[]> {
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
