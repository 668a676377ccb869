/** SQL that writes messages. Set-based: a group of arrivals costs a fixed number of statements. */
import { sql } from "kysely";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import type { FullMessage } from "./message.ts";

/** Bytes to keep, once per pod. */
export interface NewBlob {
  readonly podId: string;
  readonly organizationId: string;
  readonly sha256: Buffer;
  readonly content: Uint8Array;
}

export interface NewAttachment {
  readonly id: string;
  readonly filename: string | null;
  readonly contentType: string | null;
  readonly contentDisposition: "inline" | "attachment" | null;
  readonly contentId: string | null;
  readonly sha256: Buffer;
  readonly content: Uint8Array;
}

/** A message to insert, with the bytes it points at. */
export interface NewMessage extends Omit<FullMessage, "attachments" | "inboxAddress"> {
  readonly raw: Uint8Array;
  readonly rawSha256: Buffer;
  readonly attachments: readonly NewAttachment[];
}

/** Names a message within an inbox. */
export interface MessageKey {
  readonly podId: string;
  readonly inboxId: string;
  readonly messageId: string;
}

const byKey = (a: NewBlob, b: NewBlob): number =>
  a.podId === b.podId ? Buffer.compare(a.sha256, b.sha256) : a.podId < b.podId ? -1 : 1;

function blobsOf(messages: readonly NewMessage[]): NewBlob[] {
  const blobs = new Map<string, NewBlob>();
  const add = (message: NewMessage, sha256: Buffer, content: Uint8Array): void => {
    blobs.set(`${message.podId}:${sha256.toString("base64")}`, {
      podId: message.podId,
      organizationId: message.organizationId,
      sha256,
      content,
    });
  };
  for (const message of messages) {
    add(message, message.rawSha256, message.raw);
    for (const attachment of message.attachments) add(message, attachment.sha256, attachment.content);
  }
  // In key order, so that two groups that share bytes cannot deadlock.
  return [...blobs.values()].sort(byKey);
}

/** Keeps bytes that the pod does not have yet: all in one value, of which each row takes its piece. */
async function insertBlobs(tx: Tx, scope: AnyScope, blobs: readonly NewBlob[], now: Date): Promise<void> {
  const sizes = blobs.map((blob) => blob.content.byteLength);
  const contents = blobs.map((blob) => blob.content);
  // One alone is sent as it is: it may be a whole large mail, and copying that takes time and room.
  const all = contents.length === 1 ? contents[0] : Buffer.concat(contents);
  await sql`
    insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
    select pod_id, sha256, organization_id, size, substring(${all}::bytea from start for size), ${now}
    from unnest(${blobs.map((blob) => blob.podId)}::uuid[], ${blobs.map((blob) => hex(blob.sha256))}::bytea[],
      ${blobs.map((blob) => blob.organizationId)}::uuid[], ${sizes}::integer[], ${startsOf(sizes)}::integer[])
      as piece (pod_id, sha256, organization_id, size, start)
    on conflict do nothing`.execute(tx.within(scope));
}

/** Where each piece begins, counted from one. */
function startsOf(sizes: readonly number[]): number[] {
  let next = 1;
  return sizes.map((size) => {
    const start = next;
    next += size;
    return start;
  });
}

/** As values of `unnest` and of JSON write bytes. */
export const hex = (bytes: Buffer): string => `\\x${bytes.toString("hex")}`;

function messageRow(message: NewMessage): Record<string, unknown> {
  return {
    pod_id: message.podId,
    id: message.id,
    organization_id: message.organizationId,
    inbox_id: message.inboxId,
    thread_id: message.threadId,
    message_id: message.messageId,
    direction: message.direction,
    labels: message.labels,
    timestamp: message.timestamp,
    sender: message.from,
    reply_to: message.replyTo,
    to: message.to,
    cc: message.cc,
    bcc: message.bcc,
    subject: message.subject,
    preview: message.preview,
    text: message.text,
    html: message.html,
    // A message without quoted history is its own extract: kept once, not twice.
    extracted_text: message.extractedText === message.text?.trim() ? null : message.extractedText,
    extracted_html: message.extractedHtml === message.html?.trim() ? null : message.extractedHtml,
    in_reply_to: message.inReplyTo,
    references: message.references,
    headers: message.headers,
    size: message.size,
    attachment_count: message.attachments.length,
    raw_sha256: hex(message.rawSha256),
    created_at: message.createdAt,
    updated_at: message.updatedAt,
  };
}

function attachmentRows(message: NewMessage): Record<string, unknown>[] {
  return message.attachments.map((attachment, position) => ({
    pod_id: message.podId,
    id: attachment.id,
    organization_id: message.organizationId,
    inbox_id: message.inboxId,
    thread_id: message.threadId,
    message_uuid: message.id,
    position,
    filename: attachment.filename,
    content_type: attachment.contentType,
    content_disposition: attachment.contentDisposition,
    content_id: attachment.contentId,
    size: attachment.content.byteLength,
    sha256: hex(attachment.sha256),
  }));
}

/** Inserts messages with their bytes and attachments. Their threads must be there already. */
export async function insertMessages(
  tx: Tx,
  scope: AnyScope,
  messages: readonly NewMessage[],
  now: Date,
): Promise<void> {
  if (messages.length === 0) return;
  const attachments = messages.flatMap(attachmentRows);
  const written: Promise<unknown>[] = [
    insertBlobs(tx, scope, blobsOf(messages), now),
    insertion("messages", messages.map(messageRow)).execute(tx.within(scope)),
  ];
  if (attachments.length > 0) written.push(insertion("attachments", attachments).execute(tx.within(scope)));
  await Promise.all(written);
}

/** The messages that exist under the given Message-IDs, with their threads. One query for a whole group. */
export async function findPlaced(
  tx: Tx,
  scope: AnyScope,
  keys: readonly MessageKey[],
): Promise<(MessageKey & { threadId: string; timestamp: Date })[]> {
  if (keys.length === 0) return [];
  const rows = await tx
    .within(scope)
    .selectFrom("messages")
    .where(
      sql<boolean>`(pod_id, inbox_id, message_id) in (select * from unnest(${keys.map((key) => key.podId)}::uuid[],
        ${keys.map((key) => key.inboxId)}::uuid[], ${keys.map((key) => key.messageId)}::text[]))`,
    )
    .select(["pod_id", "inbox_id", "message_id", "thread_id", "timestamp"])
    .execute();
  return rows.map((row) => ({
    podId: row.pod_id,
    inboxId: row.inbox_id,
    messageId: row.message_id,
    threadId: row.thread_id,
    timestamp: row.timestamp,
  }));
}

/**
 * Locks inboxes in key order, so that two groups with the same mail for one inbox take turns and the second sees the
 * first's. @returns the ids of those that still exist.
 */
export async function lockInboxes(
  tx: Tx,
  scope: AnyScope,
  keys: readonly { podId: string; inboxId: string }[],
): Promise<Set<string>> {
  const rows = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where(
      sql<boolean>`(pod_id, id) in (select * from unnest(${keys.map((key) => key.podId)}::uuid[], ${keys.map((key) => key.inboxId)}::uuid[]))`,
    )
    .select("id")
    .orderBy("pod_id")
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();
  return new Set(rows.map((row) => row.id));
}
