/** Bodies of the sends (contract 6.7), as lenient as old clients need (contract 1.6). */
import { z } from "@hono/zod-openapi";
import type { Outgoing, OutgoingAttachment } from "../../../../domain/messages/index.ts";
import { bodyList, freeText } from "./common.ts";

const addresses = (description: string) => bodyList(z.string(), description).optional();

const attachment = z
  .object({
    filename: z.string().optional().openapi({ description: "With a url: else as its server names it." }),
    content_type: z.string().optional().openapi({ description: "With a url: else as its server says." }),
    content_disposition: z.enum(["inline", "attachment"]).optional(),
    content_id: z.string().optional(),
    content: z.string().optional().openapi({ description: "The bytes as base64. Either content or url." }),
    url: z.string().optional().openapi({
      description:
        "Where the bytes are fetched from before the message is accepted: https://, on the public internet, without a key; three redirects at most.",
    }),
  })
  .openapi("SendAttachment");

const common = {
  labels: bodyList(freeText, "Labels of the stored message.").optional(),
  reply_to: addresses("Reply-To addresses."),
  text: freeText.optional(),
  html: freeText.optional(),
  attachments: z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(attachment).optional(),
  ),
  headers: z.record(z.string(), z.string()).optional(),
  track_opens: z.boolean().optional().openapi({ description: "Accepted; opens are not tracked yet." }),
};

const recipients = {
  to: addresses("user@host or Display Name <user@host>."),
  cc: addresses("Copies."),
  bcc: addresses("Blind copies."),
};

export const sendBody = z
  .object({ ...recipients, subject: freeText.optional(), ...common })
  .openapi("SendMessageRequest");
export const replyBody = z
  .object({ ...recipients, reply_all: z.boolean().optional(), ...common })
  .openapi("ReplyToMessageRequest");
export const replyAllBody = z.object(common).openapi("ReplyAllMessageRequest");

export const v0Sent = z
  .object({ organization_id: z.uuid().optional(), message_id: z.string(), thread_id: z.uuid() })
  .openapi("SendMessageResponse");

export const toV0Sent = (sent: { messageId: string; threadId: string }): Record<string, unknown> => ({
  message_id: sent.messageId,
  thread_id: sent.threadId,
});

function toAttachment(wire: z.infer<typeof attachment>): OutgoingAttachment {
  return {
    ...(wire.filename !== undefined && { filename: wire.filename }),
    ...(wire.content_type !== undefined && { contentType: wire.content_type }),
    ...(wire.content_disposition !== undefined && { contentDisposition: wire.content_disposition }),
    ...(wire.content_id !== undefined && { contentId: wire.content_id }),
    ...(wire.content !== undefined && { content: wire.content }),
    ...(wire.url !== undefined && { url: wire.url }),
  };
}

/** Any of the bodies; those without recipients or subject have them undefined. */
type AnyBody = Partial<z.infer<typeof sendBody>>;

export function toOutgoing(body: AnyBody, idempotencyKey: string | null): Outgoing {
  return {
    idempotencyKey,
    ...(body.to !== undefined && { to: body.to }),
    ...(body.cc !== undefined && { cc: body.cc }),
    ...(body.bcc !== undefined && { bcc: body.bcc }),
    ...(body.reply_to !== undefined && { replyTo: body.reply_to }),
    ...(body.subject !== undefined && { subject: body.subject }),
    ...(body.text !== undefined && { text: body.text }),
    ...(body.html !== undefined && { html: body.html }),
    ...(body.labels !== undefined && { labels: body.labels }),
    ...(body.headers !== undefined && { headers: body.headers }),
    ...(body.attachments !== undefined && { attachments: body.attachments.map(toAttachment) }),
  };
}
