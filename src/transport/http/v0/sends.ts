/** Send, reply, reply-all, forward (contract 9.1, 9.2). */
import { MAX_SEND_BYTES } from "../../../domain/limits.ts";
import {
  forwardMessage,
  replyAllToMessage,
  replyToMessage,
  sendMessage,
} from "../../../domain/messages/index.ts";
import { idempotencyKeyOf } from "./idempotency.ts";
import { route } from "./route.ts";
import { replyAllBody, replyBody, sendBody, toOutgoing, toV0Sent, v0Sent } from "./shapes/outgoing.ts";

const base = "/v0/inboxes/{inbox_id}/messages";
const one = `${base}/{message_id}`;
const messageIdOf = (params: Readonly<Record<string, string>>): string => params["message_id"] ?? "";

export const sendRoutes = [
  route({
    method: "post",
    path: `${base}/send`,
    name: "inboxes.messages.send",
    summary: "Send a message",
    description:
      "Sends from the inbox. Recipients hosted here get it; copies for others are captured and labelled so. With an Idempotency-Key, sent once.",
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
    description: "Answers the sender and everybody the message went to, in its thread.",
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
      "Answers in the message's thread: to the recipients given, else to Reply-To or the sender, with reply_all to everybody.",
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
    description: "Sends the message on with its attachments, below the caller's note, in the same thread.",
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
