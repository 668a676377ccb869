/** Inboxes, of the organization and of one pod (contract 7.5). */

import { z } from "@hono/zod-openapi";
import { byTime } from "../../../domain/door/cursor.ts";
import {
  createInbox,
  deleteInbox,
  getInbox,
  listInboxes,
  pauseInbox,
  resumeInbox,
  searchInboxes,
  updateInbox,
} from "../../../domain/tenancy/inboxes/index.ts";
import { noun } from "../dialect/dialect.ts";
import { type Route, route } from "../dialect/route.ts";
import { MAX_INBOX_QUERY_LENGTH, MIN_INBOX_QUERY_LENGTH } from "../limits.ts";
import { type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { resultFields, resultPage } from "./search-query.ts";
import { createInboxBody, fromV0Inbox, toV0Inbox, updateInboxBody, v0Inbox } from "./shapes/inbox.ts";
import { sample } from "./shapes/sample.ts";

const inboxList = pageSchema("ListInboxesResponse", "inboxes", v0Inbox, "The inboxes of this page.");

const foundInboxes = pageSchema(
  "SearchInboxesResponse",
  "inboxes",
  v0Inbox,
  "The inboxes of this page: the one with the very address first, then the newest.",
);
const inboxQuery = z.object({
  q: z
    .string()
    .min(MIN_INBOX_QUERY_LENGTH)
    .max(MAX_INBOX_QUERY_LENGTH)
    .openapi({ description: "Beginnings of words, all of which must be there.", example: "support acme" }),
  ...resultFields(byTime),
});

const collectionRoutes = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/inboxes`,
    name: `${client}inboxes.list`,
    summary: `List inboxes${at}`,
    description: `The inboxes ${reach}, newest first.${at === "" ? " An inbox's key sees its own inbox only." : ""}`,
    query: z.object(pageFields()),
    does: listInboxes,
    input: ({ query }) => pageRequest(query),
    answer: inboxList,
    present: (page, { query }) => pageEnvelope("inboxes", page, query, toV0Inbox),
  }),
  route({
    method: "get",
    path: `${prefix}/inboxes/search`,
    name: `${client}inboxes.search`,
    summary: `Search inboxes${at}`,
    description: `The inboxes ${reach} whose address or display name has, for each word of the query, a word that begins with it: \`sup\` finds support@, \`port\` does not. The inbox with the very address comes first, then the newest.${at === "" ? " An inbox's key finds its own inbox only." : ""}`,
    query: inboxQuery,
    does: searchInboxes,
    input: ({ query }) => ({ query: query.q, page: resultPage(query) }),
    answer: foundInboxes,
    present: (page, { query }) => pageEnvelope("inboxes", page, query, toV0Inbox),
  }),
  route({
    method: "post",
    path: `${prefix}/inboxes`,
    name: `${client}inboxes.create`,
    summary: `Create an inbox${at}`,
    description: `Creates an inbox, which receives mail from then on${at === "" ? ": in the pod of the key, or in the Default Pod for an organization's key" : ""}. With a client_id that was used before in that pod nothing is created: the answer is the inbox created then. An address that another inbox on this server has is refused with 403, with suggestions.`,
    body: createInboxBody,
    does: createInbox,
    input: ({ body }) => fromV0Inbox(body),
    answer: v0Inbox,
    present: toV0Inbox,
  }),
];

const itemRoutes = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/inboxes/{inbox_id}`,
    name: `${client}inboxes.get`,
    summary: `Get an inbox${at}`,
    description:
      "One inbox by its address, in any case. One outside the key's scope is answered like one that does not exist.",
    does: getInbox,
    input: () => undefined,
    answer: v0Inbox,
    present: toV0Inbox,
  }),
  route({
    method: "patch",
    path: `${prefix}/inboxes/{inbox_id}`,
    name: `${client}inboxes.update`,
    summary: `Update an inbox${at}`,
    description:
      "Changes the display name, merges the given metadata into the stored one, pauses or resumes the inbox, or several of these. The address cannot be changed.",
    body: updateInboxBody,
    does: updateInbox,
    input: ({ body }) => fromV0Inbox(body),
    answer: v0Inbox,
    present: toV0Inbox,
  }),
  route({
    method: "delete",
    path: `${prefix}/inboxes/{inbox_id}`,
    name: `${client}inboxes.delete`,
    summary: `Delete an inbox${at}`,
    description:
      "Deletes the inbox permanently, with all its mail and keys. Its address stops receiving at once, and another inbox may take it.",
    does: deleteInbox,
    input: () => undefined,
    status: 202,
  }),
];

/** Ours, not the vendor's; the inbox's own key asks for them as well. */
const pauseRoutes = ({ prefix, client, at }: Mount): Route[] =>
  [
    {
      verb: "pause",
      does: pauseInbox,
      title: "Pause",
      description:
        "From the next request and the next SMTP recipient on, the inbox neither sends nor receives: sends are refused with 403 `inbox_paused`, and other servers are told to try again later. Its mail and keys stay. Pausing it again changes nothing.",
    },
    {
      verb: "resume",
      does: resumeInbox,
      title: "Resume",
      description:
        "Ends the inbox's own pause; its pod or organization may be paused besides. A key narrower than the one that paused it is refused with 403.",
    },
  ].map(({ verb, does, title, description }) =>
    route({
      method: "post",
      path: `${prefix}/inboxes/{inbox_id}/${verb}`,
      name: `${client}inboxes.${verb}`,
      summary: `${title} an inbox${at}`,
      description,
      isOwn: true,
      does,
      input: () => undefined,
      answer: v0Inbox,
      present: toV0Inbox,
    }),
  );

export const inboxes = noun({
  name: "inboxes",
  title: "Inboxes",
  about: "Addresses: one for each agent.",
  parameters: {
    inbox_id: {
      description: "The inbox's address, in any case.",
      example: sample.inbox,
    },
  },
  routes: mount([organizationMount, podMount], (scope) => [
    ...collectionRoutes(scope),
    ...itemRoutes(scope),
    ...pauseRoutes(scope),
  ]),
});
