/** Rows of attachments, and those of a page of threads: below both messages and threads, which each show them. */
import { type RawBuilder, type Selectable, sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import { asText } from "../../../storage/columns.ts";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { Tables } from "../../../storage/tables.ts";
import type { AnyScope } from "../../door/access/index.ts";
import type { Attachment } from "./attachment.ts";

export const attachmentColumns = [
  "id",
  "message_uuid",
  "filename",
  "content_type",
  "content_disposition",
  "content_id",
  "size",
] as const;

const columns = asText(attachmentColumns);

type AttachmentRow = Pick<Selectable<Tables["attachments"]>, (typeof attachmentColumns)[number]>;

export function attachmentOf(row: AttachmentRow): Attachment {
  return {
    id: row.id,
    filename: row.filename,
    contentType: row.content_type,
    contentDisposition:
      row.content_disposition === "inline"
        ? "inline"
        : row.content_disposition === null
          ? null
          : "attachment",
    contentId: row.content_id,
    size: row.size,
  };
}

/** Attachments of messages of one pod, by message row id; one query for a page, none when nothing has any. */
export async function findAttachments(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  messageUuids: readonly string[],
): Promise<Map<string, Attachment[]>> {
  const byMessage = new Map<string, Attachment[]>();
  if (messageUuids.length === 0) return byMessage;
  const rows = await tx
    .within(scope)
    .selectFrom("attachments")
    .where("pod_id", "=", podId)
    .where("message_uuid", "=", anyOf(messageUuids))
    .orderBy("message_uuid")
    .orderBy("position")
    .select(columns)
    .$castTo<AttachmentRow>()
    .execute();
  for (const row of rows) collect(byMessage, row.message_uuid, attachmentOf(row));
  return byMessage;
}

function collect(lists: Map<string, Attachment[]>, key: string, attachment: Attachment): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [attachment]);
  else list.push(attachment);
}

type ThreadAttachmentRow = Parameters<typeof attachmentOf>[0] & { readonly thread_id: string };

/** Leaves out attachments of messages that have one of these labels. */
export const withoutLabels = (hidden: readonly string[]): RawBuilder<unknown> =>
  hidden.length === 0
    ? sql``
    : sql`and not exists (select from messages as m where m.pod_id = attachments.pod_id and m.id = attachments.message_uuid
        and m.labels && ${[...hidden]}::text[])`;

/**
 * Attachments of a page of threads, by thread id, in the order they arrived; one query for any number of pods. Of a thread
 * with more than `most` the first ones: a list must not grow with the age of a conversation.
 * @param hidden labels whose messages are left out
 */
export async function findThreadAttachments(
  tx: Tx,
  scope: AnyScope,
  threads: readonly { readonly podId: string; readonly id: string }[],
  most: number,
  hidden: readonly string[] = [],
): Promise<Map<string, Attachment[]>> {
  const byThread = new Map<string, Attachment[]>();
  if (threads.length === 0) return byThread;
  const { rows } = await sql<ThreadAttachmentRow>`
    select * from (
      select id, message_uuid, thread_id, filename, content_type, content_disposition, content_id, size,
        row_number() over (partition by pod_id, thread_id order by id) as place
      from attachments
      where ${byKey("attachments", threads, "thread_id")} ${withoutLabels(hidden)}) as a
    where place <= ${most} order by thread_id, place`.execute(tx.within(scope));
  for (const row of rows)
    byThread.set(row.thread_id, [...(byThread.get(row.thread_id) ?? []), attachmentOf(row)]);
  return byThread;
}
