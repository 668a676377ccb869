import { z } from "@hono/zod-openapi";
import type { Thread } from "../../../../domain/threads/index.ts";
import { toV0Attachment, v0Attachment } from "./attachment.ts";
import { present, timestamp } from "./common.ts";
import { v0Message } from "./message.ts";

const itemFields = {
  organization_id: z.uuid(),
  pod_id: z.uuid(),
  inbox_id: z.string(),
  thread_id: z.uuid(),
  labels: z.array(z.string()).openapi({ description: "All labels of its messages." }),
  timestamp,
  received_timestamp: timestamp.optional(),
  sent_timestamp: timestamp.optional(),
  senders: z.array(z.string()),
  recipients: z.array(z.string()),
  subject: z.string().optional(),
  preview: z.string().optional(),
  attachments: z.array(v0Attachment).optional(),
  last_message_id: z.string(),
  message_count: z.int(),
  size: z.int(),
  updated_at: timestamp,
  created_at: timestamp,
};

export const v0ThreadItem = z.object(itemFields).openapi("ThreadItem");

export const v0Thread = z
  .object({
    ...itemFields,
    count: z.int(),
    limit: z.int().optional(),
    next_page_token: z.string().optional(),
    messages: z.array(v0Message),
  })
  .openapi("Thread");

export const toV0ThreadItem = (thread: Thread): Record<string, unknown> =>
  present({
    organization_id: thread.organizationId,
    pod_id: thread.podId,
    inbox_id: thread.inboxAddress,
    thread_id: thread.id,
    labels: thread.labels,
    timestamp: thread.timestamp.toISOString(),
    received_timestamp: thread.receivedTimestamp?.toISOString(),
    sent_timestamp: thread.sentTimestamp?.toISOString(),
    senders: thread.senders,
    recipients: thread.recipients,
    subject: thread.subject,
    preview: thread.preview,
    attachments: thread.attachments.length === 0 ? undefined : thread.attachments.map(toV0Attachment),
    last_message_id: thread.lastMessageId,
    message_count: thread.messageCount,
    size: thread.size,
    updated_at: thread.updatedAt.toISOString(),
    created_at: thread.createdAt.toISOString(),
  });
