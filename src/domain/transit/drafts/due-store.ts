/** SQL of drafts whose time has come. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope, SystemScope } from "../../door/access/index.ts";

/**
 * Pods that have drafts which are due: looks at those that have scheduled ones, one found from the other in an index of them.
 * @returns at most `limit`, and behind which pod the next look goes on; null: from the first
 */
export async function listPodsDue(
  tx: Tx,
  scope: SystemScope,
  { after, limit, steps }: { readonly after: string; readonly limit: number; readonly steps: number },
): Promise<{ readonly pods: readonly string[]; readonly last: string | null }> {
  const { rows } = await sql<{ pod_id: string; is_due: boolean }>`
    with recursive pod as (
      (select d.pod_id, 1 as step from drafts d where send_status = 'scheduled' and d.pod_id > ${after} order by d.pod_id limit 1)
      union all
      select (select d.pod_id from drafts d where send_status = 'scheduled' and d.pod_id > pod.pod_id order by d.pod_id limit 1),
        pod.step + 1
      from pod where pod.pod_id is not null and pod.step < ${steps})
    select pod_id, exists (select from drafts d
      where send_status = 'scheduled' and d.pod_id = pod.pod_id and d.due_at <= now()) as is_due
    from pod where pod_id is not null`.execute(tx.within(scope));
  const due = rows.filter((row) => row.is_due).map((row) => row.pod_id);
  const pods = due.slice(0, limit);
  const isWhole = rows.length < steps && due.length <= limit;
  return { pods, last: isWhole ? null : ((due.length > limit ? pods.at(-1) : rows.at(-1)?.pod_id) ?? null) };
}

/** A draft that is due, and whose it is. */
export interface DueDraft {
  readonly id: string;
  readonly inboxId: string;
}

/** A pod's drafts that are due, those that wait longest first. */
export async function listDue(tx: Tx, scope: Scope, podId: string, limit: number): Promise<DueDraft[]> {
  const { rows } = await sql<DueDraft>`
    select id, inbox_id as "inboxId" from drafts
    where pod_id = ${podId} and send_status = 'scheduled' and due_at <= now()
    order by due_at, id limit ${limit}`.execute(tx.within(scope));
  return rows;
}
