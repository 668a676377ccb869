/** Threads, of the organization, of a pod, of an inbox (contract 7.8). */
import { z } from "@hono/zod-openapi";
import { MAX_FILTERED_PAGE_SIZE, MAX_THREAD_MESSAGES } from "../../../domain/limits.ts";
import {
  deleteThread,
  getThread,
  getThreadAttachment,
  listThreads,
  updateThread,
} from "../../../domain/threads/index.ts";
import { boundedWhenFiltered, includedOf, mailFields } from "./mail-query.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount, type Route, route } from "./route.ts";
import { toV0AttachmentFile, v0AttachmentFile } from "./shapes/attachment.ts";
import { bodyList, freeText, queryList } from "./shapes/common.ts";
import { toV0Message } from "./shapes/message.ts";
import { toV0ThreadItem, v0Thread, v0ThreadItem } from "./shapes/thread.ts";

const substring = (field: string) =>
  queryList(`Case-insensitive substrings of ${field}; all must match.`, false).optional();

const listQuery = boundedWhenFiltered(
  z.object({
    ...mailFields("threads"),
    senders: substring("a sender"),
    recipients: substring("a recipient"),
    subject: substring("the subject"),
  }),
  ["senders", "recipients", "subject"],
);

const ofThread = pageFields("messages");
const threadQuery = z.object({
  limit: ofThread.limit
    .pipe(z.number().max(MAX_FILTERED_PAGE_SIZE).optional())
    .openapi({ type: "integer", description: "Messages on the page; all of them when absent." }),
  page_token: ofThread.page_token,
});

const updateBody = z
  .object({
    add_labels: bodyList(freeText, "Labels to add.").optional(),
    remove_labels: bodyList(freeText, "Labels to remove.").optional(),
  })
  .openapi("UpdateThreadRequest");

const threadIdOf = (params: Readonly<Record<string, string>>): string => params["thread_id"] ?? "";

const readRoutes = ({ prefix, client }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/threads`,
    name: `${client}threads.list`,
    summary: "List threads",
    description: "Threads in reach by the time of their last message, newest first.",
    query: listQuery,
    does: listThreads,
    input: ({ query }) => ({
      page: pageRequest(query),
      included: includedOf(query),
      labels: query.labels ?? [],
      before: query.before ?? null,
      after: query.after ?? null,
      senders: query.senders ?? [],
      recipients: query.recipients ?? [],
      subject: query.subject ?? [],
    }),
    answer: pageSchema("threads", v0ThreadItem),
    present: (page, { query }) => pageEnvelope("threads", page, query, toV0ThreadItem),
  }),
  route({
    method: "get",
    path: `${prefix}/threads/{thread_id}`,
    name: `${client}threads.get`,
    summary: "Get a thread",
    description:
      "A thread with its messages in order. With a limit, the newest page first; next_page_token leads to older ones.",
    query: threadQuery,
    does: getThread,
    input: ({ params, query }) => ({
      threadId: threadIdOf(params),
      page: { size: query.limit ?? MAX_THREAD_MESSAGES, after: query.page_token ?? null, ascending: false },
    }),
    answer: v0Thread,
    present: ({ thread, messages, next }, { query }) => ({
      ...toV0ThreadItem(thread),
      ...pageEnvelope("messages", { items: messages, next }, query, toV0Message),
    }),
  }),
];

const itemRoutes = ({ prefix, client }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/threads/{thread_id}/attachments/{attachment_id}`,
    name: `${client}threads.getAttachment`,
    summary: "Get an attachment of a thread",
    description: "A link to the bytes of an attachment of any of its messages, for an hour, without a key.",
    does: getThreadAttachment,
    input: ({ params }) => ({ threadId: threadIdOf(params), attachmentId: params["attachment_id"] ?? "" }),
    answer: v0AttachmentFile,
    present: (file, { origin }) => toV0AttachmentFile(file, origin),
  }),
  route({
    method: "patch",
    path: `${prefix}/threads/{thread_id}`,
    name: `${client}threads.update`,
    summary: "Update a thread's labels",
    description: "Changes labels of every message of the thread; 422 for a thread of 100 messages or more.",
    body: updateBody,
    does: updateThread,
    input: ({ params, body }) => ({
      threadId: threadIdOf(params),
      add: body.add_labels ?? [],
      remove: body.remove_labels ?? [],
    }),
    answer: z.object({ thread_id: z.uuid(), labels: z.array(z.string()) }).openapi("UpdateThreadResponse"),
    present: ({ threadId, labels }) => ({ thread_id: threadId, labels }),
  }),
  route({
    method: "delete",
    path: `${prefix}/threads/{thread_id}`,
    name: `${client}threads.delete`,
    summary: "Delete a thread",
    description: "Deletes the thread with all its messages, for good.",
    does: deleteThread,
    input: ({ params }) => ({ threadId: threadIdOf(params) }),
    status: 204,
  }),
];

export const threadRoutes = mount([organizationMount, podMount, inboxMount], (scope) => [
  ...readRoutes(scope),
  ...itemRoutes(scope),
]);
