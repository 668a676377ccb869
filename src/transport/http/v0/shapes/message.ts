import { z } from "@hono/zod-openapi";
import type { FullMessage, Message } from "../../../../domain/messages/index.ts";
import { toV0Attachment, v0Attachment } from "./attachment.ts";
import { present, timestamp } from "./common.ts";

const itemFields = {
  organization_id: z.uuid(),
  pod_id: z.uuid(),
  inbox_id: z.string(),
  thread_id: z.uuid(),
  message_id: z.string().openapi({ description: "RFC 5322 Message-ID with its angle brackets." }),
  labels: z.array(z.string()),
  timestamp,
  from: z.string(),
  to: z.array(z.string()),
  cc: z.array(z.string()).optional(),
  bcc: z.array(z.string()).optional(),
  subject: z.string().optional(),
  preview: z.string().optional(),
  attachments: z.array(v0Attachment).optional(),
  in_reply_to: z.string().optional(),
  references: z.array(z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  size: z.int().openapi({ description: "Bytes of the raw message." }),
  updated_at: timestamp,
  created_at: timestamp,
};

export const v0MessageItem = z.object(itemFields).openapi("MessageItem");

export const v0Message = z
  .object({
    ...itemFields,
    reply_to: z.array(z.string()).optional(),
    text: z.string().optional(),
    html: z.string().optional(),
    extracted_text: z.string().optional().openapi({ description: "The text without quoted history." }),
    extracted_html: z.string().optional(),
  })
  .openapi("Message");

const some = <Item>(list: readonly Item[]): readonly Item[] | undefined =>
  list.length === 0 ? undefined : list;

export const toV0MessageItem = (message: Message): Record<string, unknown> => ({
  ...present({
    organization_id: message.organizationId,
    pod_id: message.podId,
    inbox_id: message.inboxAddress,
    thread_id: message.threadId,
    message_id: message.messageId,
    labels: message.labels,
    timestamp: message.timestamp.toISOString(),
    to: message.to,
    cc: some(message.cc),
    bcc: some(message.bcc),
    subject: message.subject,
    preview: message.preview,
    attachments: some(message.attachments)?.map(toV0Attachment),
    in_reply_to: message.inReplyTo,
    references: some(message.references),
    headers: Object.keys(message.headers).length === 0 ? undefined : message.headers,
    size: message.size,
    updated_at: message.updatedAt.toISOString(),
    created_at: message.createdAt.toISOString(),
  }),
  // Required even when it is empty, as in a bounce that names no author.
  from: message.from,
});

/** The item with everything but its bodies: what batch-get gives. */
export const toV0MessageHead = (message: Message): Record<string, unknown> => ({
  ...toV0MessageItem(message),
  ...present({ reply_to: some(message.replyTo) }),
});

export const toV0Message = (message: FullMessage): Record<string, unknown> => ({
  ...toV0MessageHead(message),
  ...present({
    text: message.text,
    html: message.html,
    extracted_text: message.extractedText,
    extracted_html: message.extractedHtml,
  }),
});
