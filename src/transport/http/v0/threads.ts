/** Threads, of the organization, of a pod, of an inbox (contract 7.8). */

import { z } from "@hono/zod-openapi";
import { MAX_PAGE_BYTES } from "../../../domain/mail/messages/limits.ts";
import { type FoundThread, searchThreads } from "../../../domain/mail/search/index.ts";
import {
  deleteThread,
  getThread,
  getThreadAttachment,
  listThreads,
  updateThread,
} from "../../../domain/mail/threads/index.ts";
import { MAX_THREAD_UPDATE_MESSAGES } from "../../../domain/mail/threads/limits.ts";
import { noun } from "../dialect/dialect.ts";
import { type Route, route } from "../dialect/route.ts";
import { MAX_FILTERED_PAGE_SIZE, MAX_THREAD_MESSAGES } from "../limits.ts";
import { boundedWhenFiltered, mailFields, mailFilterOf, substring } from "./mail-query.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageSchema } from "./pages.ts";
import { searchInputOf, searchQuery, toV0Highlights, v0Highlights } from "./search-query.ts";
import { toV0AttachmentFile, v0AttachmentFile } from "./shapes/attachment.ts";
import { queryFlag } from "./shapes/common.ts";
import { labels, threadId } from "./shapes/fields.ts";
import { changeOf, labelChange } from "./shapes/label-change.ts";
import { toV0Message } from "./shapes/message.ts";
import { sample } from "./shapes/sample.ts";
import { toV0ThreadItem, v0Thread, v0ThreadItem } from "./shapes/thread.ts";

const listQuery = boundedWhenFiltered(
  z.object({
    ...mailFields("threads"),
    senders: substring("a sender"),
    recipients: substring("a recipient"),
    subject: substring("the subject"),
  }),
  ["senders", "recipients", "subject"],
);

const ofThread = pageFields();
const threadQuery = z.object({
  limit: ofThread.limit.pipe(z.number().max(MAX_FILTERED_PAGE_SIZE).optional()).openapi({
    type: "integer",
    minimum: 1,
    maximum: MAX_FILTERED_PAGE_SIZE,
    description: `Messages on the page, ${MAX_FILTERED_PAGE_SIZE} at most. Absent: all of them, ${MAX_THREAD_MESSAGES} at most. Fewer when their bodies together exceed ${MAX_PAGE_BYTES / 1024 / 1024} MB.`,
  }),
  page_token: ofThread.page_token.openapi({
    description: "next_page_token of the page before, for older messages; the newest when absent.",
  }),
});

const threadList = pageSchema("ListThreadsResponse", "threads", v0ThreadItem, "The threads of this page.");

const foundThreads = pageSchema(
  "SearchThreadsResponse",
  "threads",
  v0ThreadItem.extend({ highlights: v0Highlights }).openapi("SearchThreadItem", {
    title: "Thread that was found",
    description: "Its highlights are those of the message that fits best.",
  }),
  "The threads of this page, the best first.",
);
const toV0FoundThread = ({ thread, highlights }: FoundThread) => ({
  ...toV0ThreadItem(thread),
  ...toV0Highlights(highlights),
});

const updateBody = z.object(labelChange).openapi("UpdateThreadRequest", {
  title: "Changes of the labels of a thread",
  description: "One of the two at least.",
  example: { add_labels: ["done"], remove_labels: ["unread"] },
});

const updated = z
  .object({ thread_id: threadId.openapi({ description: "The thread that was changed." }), labels })
  .openapi("UpdateThreadResponse", {
    title: "Labels of a thread",
    example: { thread_id: sample.threadId, labels: ["received", "done"] },
  });

const deleteQuery = z.object({
  permanent: queryFlag(
    "Deletes it permanently, as without this. False: it is moved to the trash, unless all of it is there already.",
  ),
});

const threadIdOf = (params: Readonly<Record<string, string>>): string => params["thread_id"] ?? "";

const readRoutes = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/threads`,
    name: `${client}threads.list`,
    summary: `List threads${at}`,
    description: `The threads ${reach}, by the time of their latest message, newest first, without their messages. Those labelled spam, blocked, unauthenticated or trash are left out unless the query includes them.`,
    query: listQuery,
    does: listThreads,
    input: ({ query }) => ({
      ...mailFilterOf(query),
      senders: query.senders ?? [],
      recipients: query.recipients ?? [],
    }),
    answer: threadList,
    present: (page, { query }) => pageEnvelope("threads", page, query, toV0ThreadItem),
  }),
  route({
    method: "get",
    path: `${prefix}/threads/search`,
    name: `${client}threads.search`,
    summary: `Search threads${at}`,
    description: `The threads ${reach} with a message that has the words of the query, the best first, without their messages. Those labelled spam, blocked, unauthenticated or trash are never found. The newest five hundred messages that fit are put in order together; behind them come the next.`,
    query: searchQuery("threads"),
    does: searchThreads,
    input: ({ query }) => searchInputOf(query),
    answer: foundThreads,
    present: (page, { query }) => pageEnvelope("threads", page, query, toV0FoundThread),
  }),
  route({
    method: "get",
    path: `${prefix}/threads/{thread_id}`,
    name: `${client}threads.get`,
    summary: `Get a thread${at}`,
    description:
      "A thread with its messages and their bodies, oldest first. With a limit: the newest of them, and next_page_token leads to older ones. Messages with a label that the key may not see are left out.",
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

const itemRoutes = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/threads/{thread_id}/attachments/{attachment_id}`,
    name: `${client}threads.getAttachment`,
    summary: `Get an attachment of a thread${at}`,
    description:
      "A link to the bytes of an attachment of any of its messages, which works for an hour without a key.",
    does: getThreadAttachment,
    input: ({ params }) => ({ threadId: threadIdOf(params), attachmentId: params["attachment_id"] ?? "" }),
    answer: v0AttachmentFile,
    present: (file, { origin }) => toV0AttachmentFile(file, origin),
  }),
  route({
    method: "patch",
    path: `${prefix}/threads/{thread_id}`,
    name: `${client}threads.update`,
    summary: `Update a thread's labels${at}`,
    description: `Adds labels to every message of the thread, and removes labels from it. A thread of ${MAX_THREAD_UPDATE_MESSAGES} messages or more is refused with 422: change its messages with batch-update.`,
    body: updateBody,
    does: updateThread,
    input: ({ params, body }) => ({
      threadId: threadIdOf(params),
      ...changeOf(body),
    }),
    answer: updated,
    present: ({ threadId, labels }) => ({ thread_id: threadId, labels }),
  }),
  route({
    method: "delete",
    path: `${prefix}/threads/{thread_id}`,
    name: `${client}threads.delete`,
    summary: `Delete a thread${at}`,
    description: `Deletes the thread permanently, with all its messages. With permanent=false, which older clients send, it is moved to the trash, and deleted when all of it is there already; a thread of ${MAX_THREAD_UPDATE_MESSAGES} messages or more is refused with 422 then.`,
    query: deleteQuery,
    does: deleteThread,
    input: ({ params, query }) => ({ threadId: threadIdOf(params), keeps: query.permanent === false }),
    status: 204,
  }),
];

export const threads = noun({
  name: "threads",
  title: "Threads",
  about: "Conversations, of the organization, of a pod or of an inbox.",
  parameters: {
    thread_id: {
      description: "The thread's id.",
      example: sample.threadId,
    },
  },
  routes: mount([organizationMount, podMount, inboxMount], (scope) => [
    ...readRoutes(scope),
    ...itemRoutes(scope),
  ]),
});
