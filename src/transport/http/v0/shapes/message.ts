import { z } from "@hono/zod-openapi";
import { MAX_REFERENCES } from "../../../../domain/limits.ts";
import type { FullMessage, Message } from "../../../../domain/mail/messages/index.ts";
import { toV0Attachment, v0Attachment } from "./attachment.ts";
import { toV0Authentication, v0Authentication } from "./authentication.ts";

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
import { sample } from "./sample.ts";

const people = (example: string) => z.array(z.string()).openapi({ example: [example] });

const itemFields = {
  organization_id: organizationId,
  pod_id: podId,
  inbox_id: inboxId,
  thread_id: threadId,
  message_id: messageId,
  labels,
  timestamp: timestamp.openapi({
    description:
      "Of received mail: its Date header, or its time of arrival when that is missing or more than a day ahead; a reply dated in the same second as the message it replies to gets that message's time. Of sent mail: when it was accepted. Lists are in this order.",
  }),
  from: z.string().openapi({
    description: "Its author, as user@host or Display Name <user@host>; empty in a bounce without one.",
    example: sample.person,
  }),
  to: people(sample.inbox).openapi({
    description:
      "Recipients in To, each as user@host or Display Name <user@host>; empty when there are none.",
  }),
  cc: people("team@example.org").optional().openapi({
    description: "Recipients in Cc, in the same form; absent when there are none.",
  }),
  bcc: people("audit@example.com").optional().openapi({
    description: "Blind copies of mail that this inbox sent, in the same form; absent when there are none.",
  }),
  subject: z.string().optional().openapi({
    description: "Its subject, decoded; absent when it is empty.",
    example: "Invoice for July",
  }),
  preview: z.string().optional().openapi({
    description: "The beginning of its text, 200 characters at most; absent when it has no text.",
    example: "Hello Scout, attached is the invoice",
  }),
  attachments: z.array(v0Attachment).optional().openapi({
    description: "Its files, in order; absent when it has none.",
  }),
  in_reply_to: z.string().optional().openapi({
    description: "In-Reply-To: Message-ID of the message that it replies to; absent when there is none.",
    example: sample.sentMessageId,
  }),
  references: z
    .array(z.string())
    .optional()
    .openapi({
      description: `References: Message-IDs of the earlier messages of the thread, newest last, ${MAX_REFERENCES} at most; absent when there are none.`,
      example: [sample.sentMessageId],
    }),
  headers: z
    .record(z.string(), z.string())
    .optional()
    .openapi({
      description:
        "Headers by name, undecoded: of received mail the first of each name, 200 at most; of sent mail those you gave. Absent when there are none.",
      example: { "X-Ticket": "42" },
    }),
  authentication: v0Authentication,
  size: z.int().openapi({ description: "Bytes of the raw message, attachments included.", example: 52_104 }),
  updated_at: updatedAt,
  created_at: createdAt,
};

const itemSample = {
  organization_id: sample.organizationId,
  pod_id: sample.podId,
  inbox_id: sample.inbox,
  thread_id: sample.threadId,
  message_id: sample.messageId,
  labels: ["received", "unread"],
  timestamp: "2026-08-15T05:44:12.000Z",
  from: sample.person,
  to: [sample.inbox],
  subject: "Invoice for July",
  preview: "Hello Scout, attached is the invoice",
  size: 52_104,
  updated_at: sample.at,
  created_at: sample.at,
};

export const v0MessageItem = z.object(itemFields).openapi("MessageItem", {
  title: "Message without its bodies",
  description: "A message as lists give it.",
  example: itemSample,
});

const headFields = {
  ...itemFields,
  reply_to: people(sample.person).optional().openapi({
    description: "Reply-To, in the same form; absent when it is the same as From.",
  }),
};

export const v0MessageHead = z.object(headFields).openapi("MessageHead", {
  title: "Message with everything but its bodies",
  description: "A message as batch-get gives it.",
  example: itemSample,
});

export const v0Message = z
  .object({
    ...headFields,
    text: z.string().optional().openapi({
      description: "Its plain text, complete; absent when it has none, even when it has HTML.",
      example: "Hello Scout, attached is the invoice.\n\n> Could you send it?",
    }),
    html: z.string().optional().openapi({
      description: "Its HTML, complete and unsanitized. Absent when it has none.",
    }),
    extracted_text: z.string().optional().openapi({
      description: "The text without the history quoted below it: what is new in this message.",
      example: "Hello Scout, attached is the invoice.",
    }),
    extracted_html: z.string().optional().openapi({
      description: "The HTML without the history quoted below it.",
    }),
  })
  .openapi("Message", {
    title: "Message",
    description: "One inbox's copy of a mail: mail to three inboxes is three messages.",
    example: {
      ...itemSample,
      text: "Hello Scout, attached is the invoice.\n\n> Could you send it?",
      extracted_text: "Hello Scout, attached is the invoice.",
    },
  });

const some = <Item>(list: readonly Item[]): readonly Item[] | undefined =>
  list.length === 0 ? undefined : list;

/** What is absent is undefined, which JSON leaves out. Spelled out, and not picked by names: a page has a thousand of them. */
export const toV0MessageItem = (message: Message): Record<string, unknown> => ({
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
  subject: given(message.subject),
  preview: given(message.preview),
  in_reply_to: given(message.inReplyTo),
  attachments: some(message.attachments)?.map(toV0Attachment),
  references: some(message.references),
  headers: Object.keys(message.headers).length === 0 ? undefined : message.headers,
  authentication: message.authentication === null ? undefined : toV0Authentication(message.authentication),
  size: message.size,
  updated_at: message.updatedAt.toISOString(),
  created_at: message.createdAt.toISOString(),
  // Required even when it is empty, as in a bounce that names no author.
  from: message.from,
});

/** The item with everything but its bodies: what batch-get gives. */
export const toV0MessageHead = (message: Message): Record<string, unknown> => ({
  ...toV0MessageItem(message),
  reply_to: some(message.replyTo),
});

export const toV0Message = (message: FullMessage): Record<string, unknown> => ({
  ...toV0MessageHead(message),
  text: given(message.text),
  html: given(message.html),
  extracted_text: given(message.extractedText),
  extracted_html: given(message.extractedHtml),
});
