/** Pods that have rows which are due, in a table of rows that wait until their time. */
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "./db.ts";
import type { RowScope } from "./row-scope.ts";

/** What one look is bounded by. */
export interface PodLook {
  /** Id of the pod behind which it begins; the id of zeros: at the first. */
  readonly after: string;
  /** Pods it gives. */
  readonly limit: number;
  /** Pods it looks at. */
  readonly steps: number;
}

export interface PodsDue {
  readonly pods: readonly string[];
  /** Behind which pod the next look goes on; null: from the first. */
  readonly last: string | null;
}

/** Rows that wait, as conditions on `d`. */
export interface WaitingRows {
  readonly table: string;
  /** Of all that wait, as its index has it. */
  readonly waiting: RawBuilder<unknown>;
  /** Of those whose time has come. */
  readonly due: RawBuilder<unknown>;
}

/**
 * In the order of their ids. One is found from the other in the index of what waits, so that a million rows of one pod cost as little
 * as one.
 */
export async function listPodsDueIn(
  tx: Tx,
  scope: RowScope,
  { table, waiting, due }: WaitingRows,
  { after, limit, steps }: PodLook,
): Promise<PodsDue> {
  const rowsOf = sql`${sql.table(table)} d where ${waiting} and d.pod_id`;
  const { rows } = await sql<{ pod_id: string; is_due: boolean }>`
    with recursive pod as (
      (select d.pod_id, 1 as step from ${rowsOf} > ${after} order by d.pod_id limit 1)
      union all
      select (select d.pod_id from ${rowsOf} > pod.pod_id order by d.pod_id limit 1), pod.step + 1
      from pod where pod.pod_id is not null and pod.step < ${steps})
    select pod_id, exists (select from ${rowsOf} = pod.pod_id and ${due}) as is_due
    from pod where pod_id is not null`.execute(tx.within(scope));
  const found = rows.filter((row) => row.is_due).map((row) => row.pod_id);
  const pods = found.slice(0, limit);
  const isWhole = rows.length < steps && found.length <= limit;
  return {
    pods,
    last: isWhole ? null : ((found.length > limit ? pods.at(-1) : rows.at(-1)?.pod_id) ?? null),
  };
}
