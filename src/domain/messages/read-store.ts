/** SQL that reads messages. */
import { sql } from "kysely";
import type { Tx } from "../../storage/db.ts";
import type { AnyScope, InboxTarget, Scope } from "../access/index.ts";
import type { PageRequest } from "../cursor.ts";
import { containing, keyset } from "../keyset.ts";
import type { Attachment, FullMessage, Message } from "./message.ts";
import { attachmentColumns, attachmentOf, bodyColumns, messageColumns, messageOf } from "./row.ts";

/** What a list of messages or threads may be narrowed by. */
export interface MailFilter {
  /** All of them must be there. */
  readonly labels: readonly string[];
  /** None of these may be there. */
  readonly hidden: readonly string[];
  readonly before: Date | null;
  readonly after: Date | null;
  /** Case-insensitive substrings, all of which must match. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly subject: readonly string[];
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
    .where("message_uuid", "in", [...messageUuids])
    .orderBy("message_uuid")
    .orderBy("position")
    .select(attachmentColumns)
    .execute();
  for (const row of rows)
    byMessage.set(row.message_uuid, [...(byMessage.get(row.message_uuid) ?? []), attachmentOf(row)]);
  return byMessage;
}

const withAny = (rows: readonly { id: string; attachment_count: number }[]): string[] =>
  rows.filter((row) => row.attachment_count > 0).map((row) => row.id);

export async function listMessages(
  tx: Tx,
  scope: Scope,
  inbox: InboxTarget,
  filter: MailFilter,
  page: PageRequest,
): Promise<Message[]> {
  let query = tx
    .within(scope)
    .selectFrom("messages")
    .where("pod_id", "=", inbox.podId)
    .where("inbox_id", "=", inbox.id);
  if (filter.labels.length > 0) query = query.where(sql<boolean>`labels @> ${[...filter.labels]}::text[]`);
  if (filter.hidden.length > 0)
    query = query.where(sql<boolean>`not labels && ${[...filter.hidden]}::text[]`);
  if (filter.before !== null) query = query.where("timestamp", "<", filter.before);
  if (filter.after !== null) query = query.where("timestamp", ">", filter.after);
  for (const text of filter.from) query = query.where("sender", "ilike", containing(text));
  for (const text of filter.subject) query = query.where("subject", "ilike", containing(text));
  for (const text of filter.to)
    query = query.where(
      sql<boolean>`exists (select from unnest("to" || cc || bcc) as recipient where recipient ilike ${containing(text)})`,
    );
  const rows = await keyset(query.select(messageColumns), "timestamp", page).execute();
  const attachments = await findAttachments(tx, scope, inbox.podId, withAny(rows));
  return rows.map((row) => messageOf(row, inbox.address, attachments.get(row.id) ?? []));
}

function fullMessages(tx: Tx, scope: AnyScope) {
  return tx
    .within(scope)
    .selectFrom("messages")
    .innerJoin("inboxes", (join) =>
      join.onRef("inboxes.pod_id", "=", "messages.pod_id").onRef("inboxes.id", "=", "messages.inbox_id"),
    )
    .select([...messageColumns, ...bodyColumns, "inboxes.address"]);
}

type FullRow = Awaited<ReturnType<ReturnType<typeof fullMessages>["execute"]>>[number];

async function fullOf(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  rows: readonly FullRow[],
): Promise<FullMessage[]> {
  const attachments = await findAttachments(tx, scope, podId, withAny(rows));
  return rows.map((row) => ({
    ...messageOf(row, row.address, attachments.get(row.id) ?? []),
    text: row.text,
    html: row.html,
    extractedText: row.extracted_text,
    extractedHtml: row.extracted_html,
  }));
}

/** By Message-ID within an inbox. */
export async function findMessagesByIds(
  tx: Tx,
  scope: Scope,
  inbox: InboxTarget,
  messageIds: readonly string[],
): Promise<FullMessage[]> {
  if (messageIds.length === 0) return [];
  const rows = await fullMessages(tx, scope)
    .where("messages.pod_id", "=", inbox.podId)
    .where("messages.inbox_id", "=", inbox.id)
    .where("messages.message_id", "in", [...messageIds])
    .execute();
  return fullOf(tx, scope, inbox.podId, rows);
}

/** By row id, for those who came from another row. */
export async function findFullMessage(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  id: string,
): Promise<FullMessage | null> {
  const rows = await fullMessages(tx, scope)
    .where("messages.pod_id", "=", podId)
    .where("messages.id", "=", id)
    .execute();
  return (await fullOf(tx, scope, podId, rows))[0] ?? null;
}

/** A page of a thread's messages with their bodies, newest first. */
export async function listThreadMessages(
  tx: Tx,
  scope: AnyScope,
  thread: { readonly podId: string; readonly id: string },
  hidden: readonly string[],
  page: PageRequest,
): Promise<FullMessage[]> {
  let query = fullMessages(tx, scope)
    .where("messages.pod_id", "=", thread.podId)
    .where("messages.thread_id", "=", thread.id);
  if (hidden.length > 0) query = query.where(sql<boolean>`not messages.labels && ${[...hidden]}::text[]`);
  const rows = await keyset(query, "messages.timestamp", page, "messages.id").execute();
  return fullOf(tx, scope, thread.podId, rows);
}

export interface StoredBytes {
  readonly sha256: Buffer;
  readonly size: number;
}

/** Where the raw bytes of a message are. */
export async function findRaw(tx: Tx, scope: Scope, podId: string, id: string): Promise<StoredBytes | null> {
  const row = await tx
    .within(scope)
    .selectFrom("messages")
    .where("pod_id", "=", podId)
    .where("id", "=", id)
    .select(["raw_sha256", "size"])
    .executeTakeFirst();
  return row === undefined ? null : { sha256: row.raw_sha256, size: row.size };
}

/** An attachment of one message, or of any message of a thread, with where its bytes are. */
export async function findAttachment(
  tx: Tx,
  scope: Scope,
  of: { readonly podId: string; readonly messageUuid?: string; readonly threadId?: string },
  id: string,
): Promise<{
  readonly attachment: Attachment;
  readonly sha256: Buffer;
  readonly messageUuid: string;
} | null> {
  let query = tx.within(scope).selectFrom("attachments").where("pod_id", "=", of.podId).where("id", "=", id);
  if (of.messageUuid !== undefined) query = query.where("message_uuid", "=", of.messageUuid);
  if (of.threadId !== undefined) query = query.where("thread_id", "=", of.threadId);
  const row = await query.select([...attachmentColumns, "sha256"]).executeTakeFirst();
  return row === undefined
    ? null
    : { attachment: attachmentOf(row), sha256: row.sha256, messageUuid: row.message_uuid };
}

/** The bytes behind a checked download link. */
export async function readBlob(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  sha256: Buffer,
): Promise<Buffer | null> {
  const row = await tx
    .within(scope)
    .selectFrom("blobs")
    .where("pod_id", "=", podId)
    .where("sha256", "=", sha256)
    .select("content")
    .executeTakeFirst();
  return row?.content ?? null;
}
