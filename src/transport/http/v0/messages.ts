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
} from "../../../domain/messages/index.ts";
import { boundedWhenFiltered, includedOf, mailFields } from "./mail-query.ts";
import { pageEnvelope, pageRequest, pageSchema } from "./pages.ts";
import { route } from "./route.ts";
import { sendRoutes } from "./sends.ts";
import { fileUrl, toV0AttachmentFile, v0AttachmentFile } from "./shapes/attachment.ts";
import { bodyList, freeText, queryList, timestamp } from "./shapes/common.ts";
import { toV0Message, toV0MessageHead, toV0MessageItem, v0Message, v0MessageItem } from "./shapes/message.ts";

const base = "/v0/inboxes/{inbox_id}/messages";
const one = `${base}/{message_id}`;

const substring = (field: string) =>
  queryList(`Case-insensitive substrings of ${field}; all must match.`, false).optional();

const listQuery = boundedWhenFiltered(
  z.object({
    ...mailFields("messages"),
    from: substring("the sender"),
    to: substring("a recipient"),
    subject: substring("the subject"),
  }),
  ["from", "to", "subject"],
);

const labelChange = {
  add_labels: bodyList(freeText, "Labels to add.").optional(),
  remove_labels: bodyList(freeText, "Labels to remove; wins over add_labels.").optional(),
};
const labelled = z
  .object({ message_id: z.string(), labels: z.array(z.string()) })
  .openapi("UpdateMessageResponse");
const ids = bodyList(z.string(), "Message-IDs, each once.");
const toLabelled = (message: { messageId: string; labels: readonly string[] }) => ({
  message_id: message.messageId,
  labels: message.labels,
});
const changeOf = (body: { add_labels?: string[] | undefined; remove_labels?: string[] | undefined }) => ({
  add: body.add_labels ?? [],
  remove: body.remove_labels ?? [],
});
const messageIdOf = (params: Readonly<Record<string, string>>): string => params["message_id"] ?? "";

const rawSchema = z
  .object({ message_id: z.string(), size: z.int(), download_url: z.url(), expires_at: timestamp })
  .openapi("RawMessageResponse");

const collectionRoutes = [
  route({
    method: "get",
    path: base,
    name: "inboxes.messages.list",
    summary: "List messages",
    description: "Messages of the inbox, newest first, without their bodies.",
    query: listQuery,
    does: listMessages,
    input: ({ query }) => ({
      page: pageRequest(query),
      included: includedOf(query),
      labels: query.labels ?? [],
      before: query.before ?? null,
      after: query.after ?? null,
      from: query.from ?? [],
      to: query.to ?? [],
      subject: query.subject ?? [],
    }),
    answer: pageSchema("messages", v0MessageItem),
    present: (page, { query }) => pageEnvelope("messages", page, query, toV0MessageItem),
  }),
  route({
    method: "post",
    path: `${base}/batch-get`,
    name: "inboxes.messages.batchGet",
    summary: "Get several messages",
    description: "Messages in the order asked for, without bodies; ids that are not there are left out.",
    body: z.object({ message_ids: ids }).openapi("BatchGetMessagesRequest"),
    does: batchGetMessages,
    input: ({ body }) => ({ messageIds: body.message_ids }),
    answer: z.object({ limit: z.int().optional(), count: z.int(), messages: z.array(v0MessageItem) }),
    present: ({ asked, items }) => ({
      limit: asked,
      count: items.length,
      messages: items.map(toV0MessageHead),
    }),
  }),
  route({
    method: "post",
    path: `${base}/batch-update`,
    name: "inboxes.messages.batchUpdate",
    summary: "Update labels of several messages",
    description: "Changes labels of all the messages that are there, or of none.",
    body: z.object({ message_ids: ids, ...labelChange }).openapi("BatchUpdateMessagesRequest"),
    does: batchUpdateMessages,
    input: ({ body }) => ({ messageIds: body.message_ids, ...changeOf(body) }),
    answer: z.object({ limit: z.int().optional(), count: z.int(), updates: z.array(labelled) }),
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
    description: "A link to the attachment's bytes that works for an hour without a key.",
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
    description: "A link to the RFC 5322 bytes, as they came or went, that works for an hour without a key.",
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
    description: "One message with its bodies, by its Message-ID, with or without the angle brackets.",
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
    description: "Adds and removes labels. Labels that the system sets are refused.",
    body: z.object(labelChange).openapi("UpdateMessageRequest"),
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
    description: "Deletes the message for good.",
    does: deleteMessage,
    input: ({ params }) => ({ messageId: messageIdOf(params) }),
    status: 204,
  }),
];

/** Verbs behind a Message-ID come before the bare id, which may hold slashes and would swallow them. */
export const messageRoutes = [...collectionRoutes, ...sendRoutes, ...fileRoutes, ...messageItemRoutes];
