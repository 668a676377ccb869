/** Bodies of the sends (contract 6.7), as lenient as old clients need (contract 1.6). */

import { z } from "@hono/zod-openapi";
import { MAX_ATTACHMENTS, MAX_LABELS } from "../../../../domain/limits.ts";
import type { Outgoing } from "../../../../domain/transit/sends/index.ts";
import {
  ATTACHMENT_FETCH_MS,
  MAX_ATTACHMENT_REDIRECTS,
  MAX_ATTACHMENT_URLS,
  MAX_CUSTOM_HEADERS,
  MAX_HEADER_VALUE_LENGTH,
  MAX_RECIPIENTS,
} from "../../../../domain/transit/sends/limits.ts";
import { fromWire } from "../../dialect/naming.ts";
import { bodyList, freeText } from "./common.ts";
import { labelRules, messageId, threadId } from "./fields.ts";
import { sample } from "./sample.ts";

export const addresses = (description: string, example: string) =>
  bodyList(z.string(), { description, maxItems: MAX_RECIPIENTS, example: [example] }).optional();

const attachment = z
  .object({
    filename: z.string().optional().openapi({
      description:
        "The file name that recipients see, on one line. Absent: with a url, the name that its server gives.",
      example: "invoice.pdf",
    }),
    content_type: z.string().optional().openapi({
      description: "Its media type, not multipart. Absent: with a url, the type that its server gives.",
      example: "application/pdf",
    }),
    content_disposition: z.enum(["inline", "attachment"]).optional().openapi({
      description: "inline: to be shown within the message, as images in HTML are. attachment when absent.",
    }),
    content_id: z.string().optional().openapi({
      description: "Content-ID, which cid: links in the HTML refer to, with or without angle brackets.",
      example: "logo@example.com",
    }),
    content: z.string().optional().openapi({
      description: "The bytes as base64, in the standard or the URL-safe alphabet. Either content or url.",
      example: "SGVsbG8=",
    }),
    url: z
      .string()
      .optional()
      .openapi({
        description: `Where the bytes are fetched from before the message is accepted: https://, on the public internet, without a key; ${MAX_ATTACHMENT_REDIRECTS} redirects at most, and ${ATTACHMENT_FETCH_MS / 1000} seconds for all of a message's. One that gives no file refuses the message with 403.`,
        example: "https://files.example.com/invoice.pdf",
      }),
  })
  .openapi("SendAttachment", {
    title: "File to send",
    description: "Exactly one of content and url.",
    example: { filename: "hello.txt", content_type: "text/plain", content: "SGVsbG8=" },
  });

/** A list of files. A single one need not be in a list. */
export const attachmentList = (description: string) =>
  z
    .preprocess(
      (value) => (value === undefined || Array.isArray(value) ? value : [value]),
      z.array(attachment).optional(),
    )
    .openapi({ description, maxItems: MAX_ATTACHMENTS });

const common = {
  from: z.string().optional().openapi({
    description:
      "The address that the message is from, alone or behind a display name: an alias of the inbox. Absent: the inbox itself.",
    example: "Sales <sales@agents.example.com>",
  }),
  labels: bodyList(freeText, {
    description: `Labels of the message as this inbox keeps it, besides sent; recipients do not see them. ${labelRules}`,
    maxItems: MAX_LABELS,
    example: ["invoices"],
  }).optional(),
  reply_to: addresses(
    `Where replies go, if not to the inbox; ${MAX_RECIPIENTS} at most.`,
    "Support <support@example.com>",
  ),
  text: freeText.optional().openapi({
    description: "The message as plain text. Send it along with html, for clients that show text only.",
  }),
  html: freeText.optional().openapi({ description: "The message as HTML, sent as it is." }),
  attachments: attachmentList(
    `Files: ${MAX_ATTACHMENTS} at most, ${MAX_ATTACHMENT_URLS} of them by URL. A single one need not be in a list. A message that exceeds the server's size limit is refused with 403.`,
  ),
  headers: z
    .record(z.string(), z.string())
    .optional()
    .openapi({
      description: `Headers to add, by name: ${MAX_CUSTOM_HEADERS} at most, names of 76 characters and values of ${MAX_HEADER_VALUE_LENGTH} at most, on one line. Headers that have a field of their own here, such as To, and trace and transport headers are refused. List-Unsubscribe: one-click becomes an unsubscribe link with one click (RFC 8058), for mail to one recipient.`,
      maxProperties: MAX_CUSTOM_HEADERS,
      example: { "X-Ticket": "42" },
    }),
  track_opens: z
    .boolean()
    .optional()
    .openapi({ description: "Accepted and ignored: opens are not tracked in this version." }),
};

export const addressForm = `user@host or Display Name <user@host>; ${MAX_RECIPIENTS} at most over to, cc and bcc.`;
const recipients = {
  to: addresses(`Recipients in To: ${addressForm}`, sample.person),
  cc: addresses(`Recipients in Cc: ${addressForm}`, "team@example.org"),
  bcc: addresses(`Blind copies, which other recipients do not see: ${addressForm}`, "audit@example.com"),
};

export const sendBody = z
  .object({
    ...recipients,
    subject: freeText.optional().openapi({
      description: `The subject: ${MAX_HEADER_VALUE_LENGTH} characters at most, on one line. Absent: none; when a message is forwarded, its own behind "Fwd:".`,
      maxLength: MAX_HEADER_VALUE_LENGTH,
      example: "Invoice for July",
    }),
    ...common,
  })
  .openapi("SendMessageRequest", {
    title: "Message to send or forward",
    description: "At least one of to, cc and bcc.",
    example: {
      to: [sample.person],
      subject: "Invoice for July",
      text: "Hello Ada,\n\nattached is the invoice.",
      labels: ["invoices"],
      attachments: [{ filename: "hello.txt", content_type: "text/plain", content: "SGVsbG8=" }],
    },
  });
export const replyBody = z
  .object({
    ...recipients,
    reply_all: z.boolean().optional().openapi({
      description:
        "True: to the sender and all recipients of the message; then to, cc and bcc must be absent. False when absent.",
    }),
    ...common,
  })
  .openapi("ReplyToMessageRequest", {
    title: "Reply to a message",
    description:
      "Without to, cc and bcc it goes to Reply-To, else to the sender. The subject follows the message.",
    example: { text: "Thank you, Ada." },
  });
export const replyAllBody = z.object(common).openapi("ReplyAllMessageRequest", {
  title: "Reply to all",
  description: "The recipients and the subject follow from the message.",
  example: { text: "Thank you all." },
});

export const v0Sent = z
  .object({
    message_id: messageId.openapi({
      description: "Message-ID under which it is stored and sent.",
      example: sample.sentMessageId,
    }),
    thread_id: threadId,
  })
  .openapi("SendMessageResponse", {
    title: "Message that was accepted",
    example: { message_id: sample.sentMessageId, thread_id: sample.threadId },
  });

export const toV0Sent = (sent: { messageId: string; threadId: string }): Record<string, unknown> => ({
  message_id: sent.messageId,
  thread_id: sent.threadId,
});

/** Any of the bodies; those without recipients or subject have them undefined. */
type AnyBody = Partial<z.infer<typeof sendBody>>;

export function toOutgoing(body: AnyBody, idempotencyKey: string | null): Outgoing {
  const { from, to, cc, bcc, reply_to, subject, text, html, labels, headers, attachments } = body;
  return {
    idempotencyKey,
    ...fromWire({ from, to, cc, bcc, reply_to, subject, text, html, labels, headers }),
    ...fromWire({ attachments: attachments?.map((attachment) => fromWire(attachment)) }),
  };
}
