/** SQL that deletes messages. */
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

/** Deletes the message with its attachments; their bytes are swept later, when nothing else points at them. */
export async function deleteMessageRow(tx: Tx, scope: Scope, podId: string, id: string): Promise<void> {
  await tx.within(scope).deleteFrom("messages").where("pod_id", "=", podId).where("id", "=", id).execute();
}
