/** SQL that reads attachments. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { readBytesOf } from "../blobs/rows.ts";
import type { Attachment } from "./attachment.ts";
import { attachmentColumns, attachmentOf, withoutLabels } from "./rows.ts";

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
    .where("pod_id", "=", podId)
    .where("message_uuid", "=", messageUuid)
    .select(["id", "sha256"])
    .execute();
  return readBytesOf(tx, scope, podId, rows);
}

/** An attachment of one message, or of any message of a thread, with where its bytes are. */
export async function findAttachment(
  tx: Tx,
  scope: Scope,
  of: {
    readonly podId: string;
    readonly messageUuid?: string;
    readonly threadId?: string;
    readonly hidden?: readonly string[];
  },
  id: string,
): Promise<{
  readonly attachment: Attachment;
  readonly sha256: Buffer;
  readonly messageUuid: string;
} | null> {
  let query = tx.within(scope).selectFrom("attachments").where("pod_id", "=", of.podId).where("id", "=", id);
  if (of.messageUuid !== undefined) query = query.where("message_uuid", "=", of.messageUuid);
  if (of.threadId !== undefined) query = query.where("thread_id", "=", of.threadId);
  if (of.hidden !== undefined && of.hidden.length > 0)
    query = query.where(sql<boolean>`true ${withoutLabels(of.hidden)}`);
  const row = await query.select([...attachmentColumns, "sha256"]).executeTakeFirst();
  return row === undefined
    ? null
    : { attachment: attachmentOf(row), sha256: row.sha256, messageUuid: row.message_uuid };
}
