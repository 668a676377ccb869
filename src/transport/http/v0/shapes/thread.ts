import { z } from "@hono/zod-openapi";
import { MAX_THREAD_PEOPLE } from "../../../../domain/mail/thread-state/limits.ts";
import type { Thread } from "../../../../domain/mail/threads/index.ts";
import { MAX_THREAD_ATTACHMENTS } from "../../../../domain/mail/threads/limits.ts";
import { toV0Attachment, v0Attachment } from "./attachment.ts";
import { given, timestamp } from "./common.ts";
import {
  createdAt,
  inboxId,
  labels,
  messageId,
  organizationId,
  podId,
  threadId,
  updatedAt,
} from "./fields.ts";
import { v0Message } from "./message.ts";
import { sample } from "./sample.ts";

const itemFields = {
  organization_id: organizationId,
  pod_id: podId,
  inbox_id: inboxId,
  thread_id: threadId.openapi({ description: "The thread's id." }),
  labels: labels.openapi({ description: "Every label that any of its messages has." }),
  timestamp: timestamp.openapi({
    description: "The latest timestamp of its messages. Lists are in this order.",
  }),
  received_timestamp: timestamp.optional().openapi({
    description: "The latest of its received messages; absent when there are none.",
  }),
  sent_timestamp: timestamp.optional().openapi({
    description: "The latest of its sent messages; absent when there are none.",
  }),
  senders: z.array(z.string()).openapi({
    description: `Authors of its messages, each once, in order of first appearance, ${MAX_THREAD_PEOPLE} at most.`,
    example: [sample.person],
  }),
  recipients: z.array(z.string()).openapi({
    description: `All recipients in To, Cc and, of messages that this inbox sent, Bcc; each once, in order of first appearance, ${MAX_THREAD_PEOPLE} at most.`,
    example: [sample.inbox],
  }),
  subject: z.string().optional().openapi({
    description: "The subject of its first message; absent when that has none.",
    example: "Invoice for July",
  }),
  preview: z.string().optional().openapi({
    description:
      "The beginning of the text of its latest message, 200 characters at most; absent without text.",
    example: "Hello Scout, attached is the invoice",
  }),
  attachments: z
    .array(v0Attachment)
    .optional()
    .openapi({
      description: `Files of its messages, oldest first, ${MAX_THREAD_ATTACHMENTS} at most; absent when there are none.`,
    }),
  last_message_id: messageId.openapi({ description: "Message-ID of its latest message." }),
  message_count: z.int().openapi({ description: "Messages in it.", example: 1 }),
  size: z.int().openapi({ description: "Bytes of all its raw messages.", example: 52_104 }),
  updated_at: updatedAt.openapi({ description: "When it or one of its messages last changed." }),
  created_at: createdAt.openapi({ description: "When its first message was stored here." }),
};

const itemSample = {
  organization_id: sample.organizationId,
  pod_id: sample.podId,
  inbox_id: sample.inbox,
  thread_id: sample.threadId,
  labels: ["received", "unread"],
  timestamp: "2026-08-15T05:44:12.000Z",
  received_timestamp: "2026-08-15T05:44:12.000Z",
  senders: [sample.person],
  recipients: [sample.inbox],
  subject: "Invoice for July",
  preview: "Hello Scout, attached is the invoice",
  last_message_id: sample.messageId,
  message_count: 1,
  size: 52_104,
  updated_at: sample.at,
  created_at: sample.at,
};

export const v0ThreadItem = z.object(itemFields).openapi("ThreadItem", {
  title: "Thread without its messages",
  description: "A conversation within one inbox, with a summary of its messages.",
  example: itemSample,
});

export const v0Thread = z
  .object({
    ...itemFields,
    count: z.int().openapi({ description: "Messages on this page; message_count is the total." }),
    limit: z.int().optional().openapi({ description: "The limit of the request; absent without one." }),
    next_page_token: z.string().optional().openapi({
      description: "Pass it as page_token to get older messages; absent when there are none.",
    }),
    messages: z.array(v0Message).openapi({
      description: "The newest messages of the thread, oldest of them first, with their bodies.",
    }),
  })
  .openapi("Thread", {
    title: "Thread with its messages",
  });

export const toV0ThreadItem = (thread: Thread): Record<string, unknown> => ({
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
  subject: given(thread.subject),
  preview: given(thread.preview),
  attachments: thread.attachments.length === 0 ? undefined : thread.attachments.map(toV0Attachment),
  last_message_id: given(thread.lastMessageId),
  message_count: thread.messageCount,
  size: thread.size,
  updated_at: thread.updatedAt.toISOString(),
  created_at: thread.createdAt.toISOString(),
});
