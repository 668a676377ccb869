/**
 * What waits for a time that a wrong clock gave. Times to try again are PostgreSQL's now and a pause; were they written while its clock was ahead, then what
 * waits is, once that is set right, as late as the clock was wrong. A clock is seldom wrong, and a job or a row that is early is merely tried once more.
 */

import { type RawBuilder, sql } from "kysely";
import type pg from "pg";
import type { Tx } from "./db.ts";
import { listPodsDueIn, type PodLook, type PodsDue, type WaitingRows } from "./pods-due.ts";
import type { RowScope } from "./row-scope.ts";

/** Seconds by which a job may be newer than now: transactions take their time as they begin, and clocks are adjusted by less than this in everyday use. */
const SLACK_SECONDS = 60;
/** Jobs, and rows of one pod, changed in one statement. */
const CHANGED_AT_ONCE = 1000;

/**
 * Has jobs that were added later than now wait as long as they were to, from now on.
 * @param pool as the owner of the job tables
 * @returns how many
 */
export async function bringJobsForward(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(
    `update graphile_worker._private_jobs as job set run_at = now() + (run_at - updated_at), updated_at = now()
     where id in (
       select id from graphile_worker._private_jobs where updated_at > now() + make_interval(secs => $1)
       limit $2 for update skip locked)`,
    [SLACK_SECONDS, CHANGED_AT_ONCE],
  );
  return rowCount ?? 0;
}

/** Rows that wait, as conditions on `d`, and for how long they can. */
export interface WaitsAtMost extends Omit<WaitingRows, "due"> {
  /** Columns that tell rows of a pod apart. */
  readonly key: RawBuilder<unknown>;
  /** Seconds of the longest pause that is ever written: what waits for longer waits for a wrong time. */
  readonly mostSeconds: number;
  /** Seconds that such a row waits instead. */
  readonly thenSeconds: number;
}

const isAhead = (mostSeconds: number): RawBuilder<unknown> =>
  sql`d.next_attempt_at > now() + make_interval(secs => ${mostSeconds})`;

/** Finds rows that wait for longer than they can, and brings them forward. */
export interface Forwarding {
  /** Pods that have such rows. */
  list(tx: Tx, scope: RowScope, look: PodLook): Promise<PodsDue>;
  /** Those of one pod. @returns whether there may be more */
  bring(tx: Tx, scope: RowScope, podId: string): Promise<boolean>;
}

export const forwardingOf = (rows: WaitsAtMost): Forwarding => ({
  list: (tx, scope, look) =>
    listPodsDueIn(
      tx,
      scope,
      { table: rows.table, waiting: rows.waiting, due: isAhead(rows.mostSeconds) },
      look,
    ),
  bring: (tx, scope, podId) => bringForward(tx, scope, rows, podId),
});

async function bringForward(
  tx: Tx,
  scope: RowScope,
  { table, waiting, key, mostSeconds, thenSeconds }: WaitsAtMost,
  podId: string,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update ${sql.table(table)} as changed set next_attempt_at = now() + make_interval(secs => ${thenSeconds})
    where pod_id = ${podId} and (${key}) in (
      select ${key} from ${sql.table(table)} as d
      where d.pod_id = ${podId} and ${waiting} and ${isAhead(mostSeconds)} limit ${CHANGED_AT_ONCE})`.execute(
    tx.within(scope),
  );
  return Number(numAffectedRows ?? 0n) === CHANGED_AT_ONCE;
}
