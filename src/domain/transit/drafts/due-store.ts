/** SQL of drafts whose time has come. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import { listPodsDueIn, type PodLook, type PodsDue } from "../../../storage/pods-due.ts";
import type { Scope, SystemScope } from "../../door/access/index.ts";

const scheduled = {
  table: "drafts",
  waiting: sql`d.send_status = 'scheduled'`,
  due: sql`d.due_at <= now()`,
};

/** Pods that have drafts which are due. */
export const listPodsDue = (tx: Tx, scope: SystemScope, look: PodLook): Promise<PodsDue> =>
  listPodsDueIn(tx, scope, scheduled, look);

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
