/** SQL that writes messages. Set-based: a group of arrivals costs a fixed number of statements. */
import { prefixWithin } from "../../../lib/prefix-within.ts";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import { hex, insertBlobs, type NewBlob } from "../blobs/rows.ts";
import { queueForSearch } from "../search/rows.ts";
import { MAX_STATEMENT_CHARACTERS } from "./limits.ts";
import type { FullMessage } from "./message.ts";

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
  /** The same for the same mail, whatever its trace fields. */
  readonly contentSha256: Buffer;
  /** GUID of its Outlook conversation; null without one. */
  readonly conversationId: string | null;
  readonly attachments: readonly NewAttachment[];
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

function messageRow(message: NewMessage): Record<string, unknown> {
  return {
    pod_id: message.podId,
    id: message.id,
    organization_id: message.organizationId,
    inbox_id: message.inboxId,
    thread_id: message.threadId,
    message_id: message.messageId,
    sent_message_id: message.sentMessageId === message.messageId ? null : message.sentMessageId,
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
    authentication: message.authentication,
    automatic: message.automatic,
    size: message.size,
    attachment_count: message.attachments.length,
    raw_sha256: hex(message.rawSha256),
    content_sha256: hex(message.contentSha256),
    conversation_id: message.conversationId,
    created_at: message.createdAt,
    updated_at: message.updatedAt,
  };
}

const TEXTS = ["text", "html", "extracted_text", "extracted_html"] as const;

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

const charactersOf = ({ text, html, extractedText, extractedHtml }: NewMessage): number =>
  [text, html, extractedText, extractedHtml].reduce((sum, part) => sum + (part?.length ?? 0), 0);

/** The messages of each statement. A large mail to many inboxes takes several: its texts, one per inbox, may be longer together than a string can be. */
export function messagesByStatement(messages: readonly NewMessage[]): (readonly NewMessage[])[] {
  const characters = messages.map(charactersOf);
  const statements: (readonly NewMessage[])[] = [];
  for (let start = 0; start < messages.length; ) {
    const rest = characters.slice(start);
    const end = start + prefixWithin(rest, rest.length, MAX_STATEMENT_CHARACTERS);
    statements.push(messages.slice(start, end));
    start = end;
  }
  return statements;
}

/**
 * Inserts messages with their bytes and attachments. Their threads must be there already.
 * @param statements of `messagesByStatement`. Several are sent one after the other: then COMMIT may not be sent before this resolves.
 * @param starting ids of the messages that begin a thread
 */
export async function insertMessages(
  tx: Tx,
  scope: AnyScope,
  statements: readonly (readonly NewMessage[])[],
  starting: ReadonlySet<string>,
  now: Date,
): Promise<void> {
  const [first, ...others] = statements;
  if (first === undefined) return;
  const messages = statements.flat();
  const insert = (part: readonly NewMessage[]): Promise<unknown> =>
    insertion("messages", part.map(messageRow), undefined, TEXTS).execute(tx.within(scope));
  const written: Promise<unknown>[] = [insertBlobs(tx, scope, blobsOf(messages), now), insert(first)];
  written.push(queueForSearch(tx, scope, messages, starting));
  if (others.length > 0) await Promise.all(written);
  for (const part of others) await insert(part);
  const attachments = messages.flatMap(attachmentRows);
  if (attachments.length > 0) written.push(insertion("attachments", attachments).execute(tx.within(scope)));
  await Promise.all(written);
}
