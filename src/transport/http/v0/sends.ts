/** Send, reply, reply-all, forward (contract 9.1, 9.2). */

import {
  forwardMessage,
  replyAllToMessage,
  replyToMessage,
  sendMessage,
} from "../../../domain/transit/sends/index.ts";
import { route } from "../dialect/route.ts";
import { MAX_SEND_BYTES } from "../limits.ts";
import { idempotencyKeyOf } from "./idempotency.ts";
import { replyAllBody, replyBody, sendBody, toOutgoing, toV0Sent, v0Sent } from "./shapes/outgoing.ts";

/** Paths of an inbox's messages, and of one of them. */
export const base = "/v0/inboxes/{inbox_id}/messages";
export const one = `${base}/{message_id}`;
export const messageIdOf = (params: Readonly<Record<string, string>>): string => params["message_id"] ?? "";

export const sendRoutes = [
  route({
    method: "post",
    path: `${base}/send`,
    name: "inboxes.messages.send",
    summary: "Send a message",
    description:
      "Sends a new message from the inbox, in a thread of its own. When this is answered the message is stored under its Message-ID and queued for delivery. Recipients on this server get it; copies for other servers are captured: kept here, and the message is labelled captured. Repeated with the same Idempotency-Key it is sent once, and the answer is the first one.",
    idempotent: true,
    body: sendBody,
    maxBodyBytes: MAX_SEND_BYTES,
    does: sendMessage,
    input: ({ body, header }) => toOutgoing(body, idempotencyKeyOf(header)),
    answer: v0Sent,
    present: toV0Sent,
  }),
  route({
    method: "post",
    path: `${one}/reply-all`,
    name: "inboxes.messages.replyAll",
    summary: "Reply to all",
    description:
      "Replies to the sender and all recipients of the message, except this inbox, in its thread. Repeated with the same Idempotency-Key it is sent once.",
    idempotent: true,
    body: replyAllBody,
    maxBodyBytes: MAX_SEND_BYTES,
    does: replyAllToMessage,
    input: ({ params, body, header }) => ({
      ...toOutgoing(body, idempotencyKeyOf(header)),
      messageId: messageIdOf(params),
    }),
    answer: v0Sent,
    present: toV0Sent,
  }),
  route({
    method: "post",
    path: `${one}/reply`,
    name: "inboxes.messages.reply",
    summary: "Reply to a message",
    description:
      "Replies in the message's thread: to the recipients given, who then read its subject; else to Reply-To, or without that to the sender; with reply_all to all recipients too. A reply to a message that this inbox sent goes to that message's recipients. Repeated with the same Idempotency-Key it is sent once.",
    idempotent: true,
    body: replyBody,
    maxBodyBytes: MAX_SEND_BYTES,
    does: replyToMessage,
    input: ({ params, body, header }) => ({
      ...toOutgoing(body, idempotencyKeyOf(header)),
      messageId: messageIdOf(params),
      replyAll: body.reply_all === true,
    }),
    answer: v0Sent,
    present: toV0Sent,
  }),
  route({
    method: "post",
    path: `${one}/forward`,
    name: "inboxes.messages.forward",
    summary: "Forward a message",
    description:
      "Forwards the message with its attachments, below your own text, in the same thread. This discloses its content, so, unlike at AgentMail, the key needs message_read as well. Repeated with the same Idempotency-Key it is sent once.",
    idempotent: true,
    body: sendBody,
    maxBodyBytes: MAX_SEND_BYTES,
    does: forwardMessage,
    input: ({ params, body, header }) => ({
      ...toOutgoing(body, idempotencyKeyOf(header)),
      messageId: messageIdOf(params),
    }),
    answer: v0Sent,
    present: toV0Sent,
  }),
];
