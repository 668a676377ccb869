/** SQL that changes and deletes messages. */
import type { Tx } from "../../storage/db.ts";
import type { Scope } from "../access/index.ts";

export async function setLabels(
  tx: Tx,
  scope: Scope,
  podId: string,
  id: string,
  labels: readonly string[],
  at: Date,
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("messages")
    .set({ labels: [...labels], updated_at: at })
    .where("pod_id", "=", podId)
    .where("id", "=", id)
    .execute();
}

/** Deletes the message with its attachments; their bytes are swept later, when nothing else points at them. */
export async function deleteMessageRow(tx: Tx, scope: Scope, podId: string, id: string): Promise<void> {
  await tx.within(scope).deleteFrom("messages").where("pod_id", "=", podId).where("id", "=", id).execute();
}
