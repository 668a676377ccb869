/** SQL that deletes messages. */
import { sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import { releasingStorage } from "../storage/rows.ts";

/** Deletes messages with their attachments; their bytes are swept later, when nothing else points at them. */
export async function deleteMessageRows(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  ids: readonly string[],
): Promise<void> {
  await releasingStorage(
    "messages",
    sql`delete from messages where pod_id = ${podId}::uuid and id = ${anyOf(ids)}`,
  ).execute(tx.within(scope));
}
