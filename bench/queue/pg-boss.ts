/**
 * pg-boss, set up for the least delay: its workers are woken by notifications, and each looks for the next job as soon as
 * it has ended one, which its own options allow for batches only.
 */
import { getConstructionPlans, PgBoss } from "pg-boss";
import { type Candidate, CONCURRENCY, type TaskName } from "./candidate.ts";

/** The least it allows: what a killed process held is free that long after its last sign of life. */
const HEARTBEAT_SECONDS = 10;
/** The least it allows. */
const POLL_SECONDS = 0.5;
/** As often as the product looks for dead processes. */
const SUPERVISE_SECONDS = 2;
const KEEP_DONE_SECONDS = 60;
const LONG_SECONDS = 86_000;
const CONNECTIONS = 20;

const queueOptions = {
  policy: "standard",
  notify: true,
  heartbeatSeconds: HEARTBEAT_SECONDS,
  retryLimit: 24,
  retryDelay: 1,
  retryBackoff: true,
  expireInSeconds: LONG_SECONDS,
  deleteAfterSeconds: KEEP_DONE_SECONDS,
};

/** It has no function in SQL that adds a job; this writes its table, as its own insert does. */
const enqueueFunction = `
  create function bench_enqueue(jobs json) returns void language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
  begin
    insert into pgboss.job (name, data, start_after, group_id, retry_limit, retry_delay, retry_backoff, expire_seconds,
      deletion_seconds, keep_until, policy, heartbeat_seconds)
    select q.name, (job -> 'payload')::jsonb, coalesce((job ->> 'runAt')::timestamptz, now()), job ->> 'queue',
      q.retry_limit, q.retry_delay, q.retry_backoff, q.expire_seconds, q.deletion_seconds,
      now() + q.retention_seconds * interval '1 second', q.policy, q.heartbeat_seconds
    from json_array_elements(jobs) as job join pgboss.queue as q on q.name = job ->> 'task';
    perform pg_notify('pgboss_' || left(encode(sha224('pgboss'::bytea), 'hex'), 24), task) from (
      select distinct job ->> 'task' as task from json_array_elements(jobs) as job
      where coalesce((job ->> 'runAt')::timestamptz, now()) <= now()) as due;
  end
  $$;
  grant execute on function bench_enqueue(json) to rookery_app`;

export const pgBoss: Candidate = {
  name: "pg-boss 12.38",
  async install(owner) {
    await owner.query(getConstructionPlans("pgboss"));
    for (const name of ["plain", "grouped"])
      await owner.query("select pgboss.create_queue($1, $2)", [name, queueOptions]);
    await owner.query(enqueueFunction);
  },
  async start(connectionString, handler) {
    const boss = new PgBoss({
      connectionString,
      schema: "pgboss",
      max: CONNECTIONS,
      migrate: false,
      createSchema: false,
      schedule: false,
      useListenNotify: true,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
    });
    // What is lost with a connection is tried again.
    boss.on("error", () => undefined);
    await boss.start();
    for (const name of ["plain", "grouped"] as const)
      for (let worker = 0; worker < CONCURRENCY; worker++) await startWorker(boss, name, handler);
    return () => boss.stop({ graceful: true, close: true });
  },
  countOpen: "select count(*)::integer as count from pgboss.job where state < 'completed'",
  removeDone: "delete from pgboss.job where state = 'completed'",
};

async function startWorker(
  boss: PgBoss,
  name: TaskName,
  handler: Parameters<Candidate["start"]>[1],
): Promise<void> {
  const id: string = await boss.work<Record<string, unknown>>(
    name,
    {
      batchSize: 1,
      pollingIntervalSeconds: POLL_SECONDS,
      notifyPollingIntervalSeconds: 2 * POLL_SECONDS,
      ...(name === "grouped" && { groupConcurrency: 1 }),
    },
    async (jobs) => {
      for (const { data } of jobs) await handler(name, data);
      boss.notifyWorker(id);
    },
  );
}
