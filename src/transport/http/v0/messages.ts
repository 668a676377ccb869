/** Messages of an inbox: reading and labels (contract 7.7). Sends are in sends.ts. */

import { z } from "@hono/zod-openapi";
import {
  batchGetMessages,
  batchUpdateMessages,
  deleteMessage,
  getAttachment,
  getMessage,
  getRawMessage,
  listMessages,
  updateMessage,
} from "../../../domain/mail/messages/index.ts";
import { MAX_BATCH_GET, MAX_BATCH_UPDATE } from "../../../domain/mail/messages/limits.ts";
import { type FoundMessage, searchMessages } from "../../../domain/mail/search/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { WireList } from "../dialect/wire-list.ts";
import { armorRoutes } from "./armor.ts";
import { boundedWhenFiltered, mailFields, mailFilterOf, substring } from "./mail-query.ts";
import { pageEnvelope, pageSchema } from "./pages.ts";
import { searchInputOf, searchQuery, toV0Highlights, v0Highlights } from "./search-query.ts";
import { base, messageIdOf, one, sendRoutes } from "./sends.ts";
import {
  downloadExpiry,
  downloadUrl,
  fileUrl,
  toV0AttachmentFile,
  v0AttachmentFile,
} from "./shapes/attachment.ts";
import { bodyList } from "./shapes/common.ts";
import { labels, messageId } from "./shapes/fields.ts";
import { changeOf, labelChange } from "./shapes/label-change.ts";
import {
  toV0Message,
  toV0MessageHead,
  toV0MessageItem,
  v0Message,
  v0MessageHead,
  v0MessageItem,
} from "./shapes/message.ts";
import { sample } from "./shapes/sample.ts";

const listQuery = boundedWhenFiltered(
  z.object({
    ...mailFields("messages"),
    from: substring("the sender"),
    to: substring("one of the recipients in To, Cc and Bcc"),
    subject: substring("the subject"),
  }),
  ["from", "to", "subject"],
);

const labelled = z
  .object({ message_id: messageId.openapi({ description: "The message that was changed." }), labels })
  .openapi("UpdateMessageResponse", {
    title: "Labels of a message",
    example: { message_id: sample.messageId, labels: ["received", "done"] },
  });
const ids = (most: number) =>
  bodyList(z.string(), {
    description: `Message-IDs, with or without their angle brackets, 1 to ${most}, each once.`,
    minItems: 1,
    maxItems: most,
    example: [sample.messageId],
  });
/** What a batch says besides what it found. */
const asked = {
  limit: z.int().openapi({ description: "Message-IDs in the request.", example: 1 }),
  count: z.int().openapi({ description: "Messages that were found.", example: 1 }),
};
const batchGetBody = z.object({ message_ids: ids(MAX_BATCH_GET) }).openapi("BatchGetMessagesRequest", {
  title: "Messages to get",
  example: { message_ids: [sample.messageId] },
});
const batchGetAnswer = z
  .object({
    ...asked,
    messages: z.array(v0MessageHead).openapi({
      description: "Those that were found, in the order of the request, without their bodies.",
    }),
  })
  .openapi("BatchGetMessagesResponse", { title: "Messages that were found" });
const batchUpdateBody = z
  .object({ message_ids: ids(MAX_BATCH_UPDATE), ...labelChange })
  .openapi("BatchUpdateMessagesRequest", {
    title: "Changes of the labels of several messages",
    description: "One of add_labels and remove_labels at least.",
    example: { message_ids: [sample.messageId], add_labels: ["done"], remove_labels: ["unread"] },
  });
const batchUpdateAnswer = z
  .object({
    ...asked,
    updates: z.array(labelled).openapi({
      description: "The labels of those that were found, in the order of the request.",
    }),
  })
  .openapi("BatchUpdateMessagesResponse", { title: "Messages that were changed" });
const updateBody = z.object(labelChange).openapi("UpdateMessageRequest", {
  title: "Changes of the labels of a message",
  description: "One of the two at least.",
  example: { add_labels: ["done"], remove_labels: ["unread"] },
});
const messageList = pageSchema(
  "ListMessagesResponse",
  "messages",
  v0MessageItem,
  "The messages of this page, without their bodies.",
);
const foundMessages = pageSchema(
  "SearchMessagesResponse",
  "messages",
  v0MessageItem
    .extend({ highlights: v0Highlights })
    .openapi("SearchMessageItem", { title: "Message that was found" }),
  "The messages of this page, the best first.",
);
const toV0FoundMessage = ({ message, highlights }: FoundMessage) => ({
  ...toV0MessageItem(message),
  ...toV0Highlights(highlights),
});
const toLabelled = (message: { messageId: string; labels: readonly string[] }) => ({
  message_id: message.messageId,
  labels: message.labels,
});

const rawSchema = z
  .object({
    message_id: messageId,
    size: z.int().openapi({ description: "Size of the file, in bytes.", example: 52_104 }),
    download_url: downloadUrl,
    expires_at: downloadExpiry,
  })
  .openapi("RawMessageResponse", { title: "Link to a raw message" });

const collectionRoutes = [
  route({
    method: "get",
    path: base,
    name: "inboxes.messages.list",
    summary: "List messages",
    description:
      "The messages of the inbox, by their timestamp, newest first, without their bodies. Those labelled spam, blocked, unauthenticated or trash are left out unless the query includes them.",
    query: listQuery,
    does: listMessages,
    input: ({ query }) => ({
      ...mailFilterOf(query),
      from: query.from ?? [],
      to: query.to ?? [],
    }),
    answer: messageList,
    present: (page, { query }) => pageEnvelope("messages", page, query, toV0MessageItem),
  }),
  route({
    method: "get",
    path: `${base}/search`,
    name: "inboxes.messages.search",
    summary: "Search messages",
    description:
      "Messages of the inbox that have the words of the query, the best first, without their bodies. Those labelled spam, blocked, unauthenticated or trash are never found. The newest five hundred that fit are put in order together; behind them come the next.",
    query: searchQuery("messages"),
    does: searchMessages,
    input: ({ query }) => searchInputOf(query),
    answer: foundMessages,
    present: (page, { query }) => pageEnvelope("messages", page, query, toV0FoundMessage),
  }),
  route({
    method: "post",
    path: `${base}/batch-get`,
    name: "inboxes.messages.batchGet",
    summary: "Get several messages",
    description: `Up to ${MAX_BATCH_GET} messages at once, in the order of the request, without their bodies. Those that do not exist, or that the key may not see, are left out.`,
    body: batchGetBody,
    does: batchGetMessages,
    input: ({ body }) => ({ messageIds: body.message_ids }),
    answer: batchGetAnswer,
    present: ({ asked, items }) => ({
      limit: asked,
      count: items.length,
      messages: new WireList(items, toV0MessageHead),
    }),
  }),
  route({
    method: "post",
    path: `${base}/batch-update`,
    name: "inboxes.messages.batchUpdate",
    summary: "Update labels of several messages",
    description: `Changes labels of up to ${MAX_BATCH_UPDATE} messages: of all that exist and that the key may see, or, when one cannot be changed, of none.`,
    body: batchUpdateBody,
    does: batchUpdateMessages,
    input: ({ body }) => ({ messageIds: body.message_ids, ...changeOf(body) }),
    answer: batchUpdateAnswer,
    present: ({ asked, items }) => ({
      limit: asked,
      count: items.length,
      updates: items.map(toLabelled),
    }),
  }),
];

const fileRoutes = [
  route({
    method: "get",
    path: `${one}/attachments/{attachment_id}`,
    name: "inboxes.messages.getAttachment",
    summary: "Get an attachment",
    description: "A link to the attachment's bytes, which works for an hour without a key.",
    does: getAttachment,
    input: ({ params }) => ({ messageId: messageIdOf(params), attachmentId: params["attachment_id"] ?? "" }),
    answer: v0AttachmentFile,
    present: (file, { origin }) => toV0AttachmentFile(file, origin),
  }),
  route({
    method: "get",
    path: `${one}/raw`,
    name: "inboxes.messages.getRaw",
    summary: "Get the raw message",
    description: "A link to the raw message (RFC 5322), which works for an hour without a key.",
    does: getRawMessage,
    input: ({ params }) => ({ messageId: messageIdOf(params) }),
    answer: rawSchema,
    present: (raw, { origin }) => ({
      message_id: raw.messageId,
      size: raw.size,
      download_url: fileUrl(origin, raw.download.token),
      expires_at: raw.download.expiresAt.toISOString(),
    }),
  }),
];

const messageItemRoutes = [
  route({
    method: "get",
    path: one,
    name: "inboxes.messages.get",
    summary: "Get a message",
    description:
      "One message with its bodies, by its Message-ID. Reading it changes nothing: it stays unread until you remove that label.",
    does: getMessage,
    input: ({ params }) => ({ messageId: messageIdOf(params) }),
    answer: v0Message,
    present: toV0Message,
  }),
  route({
    method: "patch",
    path: one,
    name: "inboxes.messages.update",
    summary: "Update a message's labels",
    description: "Adds and removes labels; a label in both lists is removed. Its thread's labels follow.",
    body: updateBody,
    does: updateMessage,
    input: ({ params, body }) => ({ messageId: messageIdOf(params), ...changeOf(body) }),
    answer: labelled,
    present: toLabelled,
  }),
  route({
    method: "delete",
    path: one,
    name: "inboxes.messages.delete",
    summary: "Delete a message",
    description:
      "Deletes the message permanently, with its attachments, and the thread when that has no other messages.",
    does: deleteMessage,
    input: ({ params }) => ({ messageId: messageIdOf(params) }),
    status: 204,
  }),
];

/** Verbs behind a Message-ID come before the bare id, which may hold slashes and would swallow them. */
export const messages = noun({
  name: "messages",
  title: "Messages",
  about: "The mail of an inbox: read, label, send, reply and forward.",
  parameters: {
    message_id: {
      description: "The Message-ID, percent-encoded, with or without its angle brackets.",
      example: sample.messageId,
    },
    attachment_id: {
      description: "The attachment's id, as the message or thread lists it.",
      example: sample.attachmentId,
    },
  },
  routes: [...collectionRoutes, ...sendRoutes, ...armorRoutes, ...fileRoutes, ...messageItemRoutes],
});
