/** Rows of messages and attachments in our words. */
import type { Selectable } from "kysely";
import type { Tables } from "../../../storage/tables.ts";
import type { Attachment } from "../attachments/index.ts";
import type { Message } from "./message.ts";

export const messageColumns = [
  "messages.id",
  "messages.organization_id",
  "messages.pod_id",
  "messages.inbox_id",
  "messages.thread_id",
  "messages.message_id",
  "messages.sent_message_id",
  "messages.direction",
  "messages.labels",
  "messages.timestamp",
  "messages.sender",
  "messages.reply_to",
  "messages.to",
  "messages.cc",
  "messages.bcc",
  "messages.subject",
  "messages.preview",
  "messages.in_reply_to",
  "messages.references",
  "messages.headers",
  "messages.authentication",
  "messages.automatic",
  "messages.size",
  "messages.attachment_count",
  "messages.created_at",
  "messages.updated_at",
] as const;

export const bodyColumns = [
  "messages.text",
  "messages.html",
  "messages.extracted_text",
  "messages.extracted_html",
] as const;

type MessageRow = Omit<
  Selectable<Tables["messages"]>,
  "text" | "html" | "extracted_text" | "extracted_html" | "raw_sha256" | "content_sha256" | "conversation_id"
>;

export function messageFromRow(
  row: MessageRow,
  inboxAddress: string,
  attachments: readonly Attachment[],
): Message {
  return {
    id: row.id,
    organizationId: row.organization_id,
    podId: row.pod_id,
    inboxId: row.inbox_id,
    inboxAddress,
    threadId: row.thread_id,
    messageId: row.message_id,
    sentMessageId: row.sent_message_id ?? row.message_id,
    direction: row.direction === "outbound" ? "outbound" : "inbound",
    labels: row.labels,
    timestamp: row.timestamp,
    from: row.sender,
    replyTo: row.reply_to,
    to: row.to,
    cc: row.cc,
    bcc: row.bcc,
    subject: row.subject,
    preview: row.preview,
    inReplyTo: row.in_reply_to,
    references: row.references,
    headers: headersFromRow(row.headers),
    // Cast: written from verdicts.
    authentication: row.authentication as Message["authentication"],
    // Cast: written from the kinds there are.
    automatic: row.automatic as Message["automatic"],
    size: row.size,
    attachments,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function headersFromRow(stored: unknown): Record<string, string> {
  if (typeof stored !== "object" || stored === null) return {};
  return Object.fromEntries(
    Object.entries(stored).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
