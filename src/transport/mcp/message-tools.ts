/** Tools for messages: reading, labels, and every way of sending. */
import { z } from "zod";
import {
  between,
  contains,
  content,
  filters,
  hidden,
  inboxId,
  labelChange,
  messageId,
  page,
  recipients,
  subject,
  to,
  toRequired,
} from "./inputs.ts";
import { labelledMessage, messageHit, messageItem, pageOf, sent } from "./outputs.ts";
import { changes, readsMail, sends, type Tool, UNTRUSTED } from "./tool.ts";

export const messageTools: readonly Tool[] = [
  {
    name: "list_messages",
    title: "List messages",
    description: `List the messages of an inbox without their bodies, newest first, narrowed by labels, sender, recipients, subject or time. get_thread has the bodies. ${UNTRUSTED}`,
    route: "inboxes.messages.list",
    input: z.strictObject({
      inboxId,
      ...filters,
      from: contains("the sender"),
      to: contains("recipients"),
      subject: contains("the subject"),
      ...hidden("messages"),
    }),
    output: pageOf("messages", messageItem),
    hints: readsMail,
  },
  {
    name: "search_messages",
    title: "Search messages",
    description: `Find the messages of an inbox by words in sender, recipients, subject and text. ${UNTRUSTED}`,
    route: "inboxes.messages.search",
    input: z.strictObject({ inboxId, q: z.string().describe("Words to look for"), ...page, ...between }),
    output: pageOf("messages", messageHit),
    hints: readsMail,
  },
  {
    name: "send_message",
    title: "Send a message",
    description: "Send an email from an inbox, in a new thread.",
    route: "inboxes.messages.send",
    input: z.strictObject({ inboxId, to: toRequired, ...recipients, subject, ...content }),
    output: sent,
    hints: sends,
  },
  {
    name: "reply_to_message",
    title: "Reply to a message",
    description:
      "Reply to a message in its thread: to its sender, to those in to, or with replyAll to everybody in it.",
    route: "inboxes.messages.reply",
    input: z.strictObject({
      inboxId,
      messageId,
      replyAll: z
        .boolean()
        .optional()
        .describe("To all who got the message; not together with to, cc or bcc"),
      to,
      ...recipients,
      ...content,
    }),
    output: sent,
    hints: sends,
  },
  {
    name: "forward_message",
    title: "Forward a message",
    description: "Forward a message with its attachments, below a text of your own.",
    route: "inboxes.messages.forward",
    input: z.strictObject({ inboxId, messageId, to: toRequired, ...recipients, subject, ...content }),
    output: sent,
    hints: sends,
  },
  {
    name: "update_message",
    title: "Update a message's labels",
    description: "Add and remove labels of a message.",
    route: "inboxes.messages.update",
    input: z.strictObject({ inboxId, messageId, ...labelChange }),
    output: labelledMessage,
    hints: changes,
  },
];
