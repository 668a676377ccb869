/** Allow and block lists of the organization, of a pod, of an inbox (contract 7.10). */

import { z } from "@hono/zod-openapi";
import type { SortKey } from "../../../domain/door/cursor.ts";
import {
  createListEntry,
  deleteListEntry,
  getListEntry,
  listListEntries,
} from "../../../domain/guardrails/lists/index.ts";
import { noun } from "../dialect/dialect.ts";
import { type Params, type Route, route } from "../dialect/route.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { createListEntryBody, toV0ListEntry, v0ListEntry } from "./shapes/list-entry.ts";

const byEntry: SortKey = ["text"];
const { limit, page_token } = pageFields(byEntry);

const entryPage = pageSchema(
  "ListListEntriesResponse",
  "entries",
  v0ListEntry,
  "The entries of this page, by their text.",
);

const listOf = (params: Params) => ({
  direction: params["direction"] ?? "",
  listType: params["type"] ?? "",
});
const entryOf = ({ params }: { readonly params: Params }) => ({
  ...listOf(params),
  entry: params["entry"] ?? "",
});

/** What a list does here, for the descriptions. */
const effect =
  "Send lists are held against every recipient of every send, and one that is refused refuses the message (403 message_rejected). Reply lists are held against mail that answers a message of the inbox, receive lists against all other mail that arrives: what they refuse is stored with the label blocked.";

const routes = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/lists/{direction}/{type}`,
    name: `${client}lists.list`,
    summary: `List the entries of a list${at}`,
    description: `The entries of one list by their text: of exactly what the path names, without the lists inside it. ${effect}`,
    query: z.object({ limit, page_token }),
    does: listListEntries,
    input: ({ params, query }) => ({ ...listOf(params), page: { ...pageRequest(query), ascending: true } }),
    answer: entryPage,
    present: (page, { query }) => pageEnvelope("entries", page, query, toV0ListEntry),
  }),
  route({
    method: "post",
    path: `${prefix}/lists/{direction}/{type}`,
    name: `${client}lists.create`,
    summary: `Put an entry on a list${at}`,
    description: `Puts an address or a domain on the list; one that is on it already is returned unchanged. The narrowest of inbox, pod and organization with an entry for an address or its domain decides, and there a block wins; without one, an allow list with entries refuses all others. ${effect}`,
    body: createListEntryBody,
    does: createListEntry,
    input: ({ params, body: { entry, reason } }) => ({
      ...listOf(params),
      entry,
      ...(reason !== undefined && { reason }),
    }),
    answer: v0ListEntry,
    present: toV0ListEntry,
  }),
  route({
    method: "get",
    path: `${prefix}/lists/{direction}/{type}/{entry}`,
    name: `${client}lists.get`,
    summary: `Get an entry of a list${at}`,
    description: `One entry by the address or domain itself, in any case, on a list ${reach === "that the key reaches" ? "of the organization" : reach}.`,
    does: getListEntry,
    input: entryOf,
    answer: v0ListEntry,
    present: toV0ListEntry,
  }),
  route({
    method: "delete",
    path: `${prefix}/lists/{direction}/{type}/{entry}`,
    name: `${client}lists.delete`,
    summary: `Take an entry off a list${at}`,
    description: "Takes the address or domain off the list.",
    does: deleteListEntry,
    input: entryOf,
    status: 204,
  }),
];

export const lists = noun({
  name: "lists",
  title: "Lists",
  about: "Who an inbox may write to and hear from: addresses and domains that are allowed or blocked.",
  parameters: {
    direction: {
      description:
        "send: recipients of what goes out. receive: senders of what comes in. reply: senders of answers to what went out.",
      example: "send",
    },
    type: { description: "allow or block.", example: "block" },
    entry: { description: "The address or domain name, in any case.", example: "spammer@example.net" },
  },
  routes: mount([organizationMount, podMount, inboxMount], routes),
});
