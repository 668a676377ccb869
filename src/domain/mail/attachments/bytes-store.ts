/** SQL that reads attachments' bytes. */
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

/** The decoded bytes of every attachment of a message, by attachment id; at most the size of one message. */
export async function readAttachmentBytes(
  tx: Tx,
  scope: Scope,
  podId: string,
  messageUuid: string,
): Promise<Map<string, Buffer>> {
  const rows = await tx
    .within(scope)
    .selectFrom("attachments")
    .innerJoin("blobs", (join) =>
      join.onRef("blobs.pod_id", "=", "attachments.pod_id").onRef("blobs.sha256", "=", "attachments.sha256"),
    )
    .where("attachments.pod_id", "=", podId)
    .where("attachments.message_uuid", "=", messageUuid)
    .select(["attachments.id", "blobs.content"])
    .execute();
  return new Map(rows.map((row) => [row.id, row.content]));
}
