/** SQL that counts what waits. States are in the text, where the planner can tell that partial indexes serve it. */
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";

/** Rows of one queue that are in one state, in one lane. */
export interface QueueDepth {
  /** outbound: to other servers. copies: to inboxes here. webhooks, jobs. */
  readonly queue: "outbound" | "copies" | "webhooks" | "jobs";
  /** Of webhooks: to endpoints that work, or that fail; of jobs: the kind; else "all". */
  readonly lane: string;
  readonly state: string;
  readonly count: number;
  /** Seconds since the oldest was put there. */
  readonly ageSeconds: number;
  /** Seconds for which the one that waits longest could have been worked on; 0: none is due. */
  readonly lagSeconds: number;
}

/** Seconds from the earliest of a column to now. */
const since = (column: string): RawBuilder<number> =>
  sql<number>`greatest(0, coalesce(extract(epoch from now() - min(${sql.ref(column)})), 0))::float8`;
const count = sql<number>`count(*)::float8`;

type Counted = Omit<QueueDepth, "queue">;

const named = (queue: QueueDepth["queue"], rows: readonly Counted[]): QueueDepth[] =>
  rows.map((row) => ({ queue, ...row }));

/** One that is being sent is not late: what it was due at is when its lease ends. */
export async function countOutbound(tx: Tx, scope: SystemScope): Promise<QueueDepth[]> {
  const { rows } = await sql<Counted>`
    select 'all' as lane, state, ${count} as count, ${since("created_at")} as "ageSeconds",
      case when state = 'sending' then 0 else ${since("next_attempt_at")} end as "lagSeconds"
    from outbound_deliveries
    where domain is not null and state in ('queued', 'sending', 'deferred') group by state`.execute(
    tx.within(scope),
  );
  return named("outbound", rows);
}

export async function countCopies(tx: Tx, scope: SystemScope): Promise<QueueDepth[]> {
  const { rows } = await sql<Counted>`
    select 'all' as lane, 'queued' as state, ${count} as count, ${since("created_at")} as "ageSeconds",
      ${since("next_attempt_at")} as "lagSeconds"
    from outbound_deliveries where domain is null and state = 'queued'`.execute(tx.within(scope));
  return named("copies", rows);
}

export async function countWebhooks(tx: Tx, scope: SystemScope): Promise<QueueDepth[]> {
  const { rows } = await sql<Counted>`
    with waiting as (
      select webhook_id, ${count} as count, min(created_at) as created_at, min(next_attempt_at) as next_attempt_at
      from webhook_deliveries where state = 'pending' group by webhook_id)
    select lane, 'pending' as state, coalesce(sum(count), 0)::float8 as count, ${since("waiting.created_at")} as "ageSeconds",
      ${since("waiting.next_attempt_at")} as "lagSeconds"
    from (values ('working'), ('failing')) as lanes (lane)
    left join (waiting join webhooks w on w.id = waiting.webhook_id)
      on lane = case when w.failing_since is not null or not w.enabled then 'failing' else 'working' end
    group by lane`.execute(tx.within(scope));
  return named("webhooks", rows);
}

/** Jobs of the queue, which another role owns: see rookery_jobs_waiting in migrations/0036_automatic_mail.sql. */
export async function countJobs(tx: Tx, scope: SystemScope): Promise<QueueDepth[]> {
  const { rows } = await sql<Counted>`
    select task as lane, state, waiting::float8 as count, age_seconds as "ageSeconds", lag_seconds as "lagSeconds"
    from rookery_jobs_waiting()`.execute(tx.within(scope));
  return named("jobs", rows);
}
