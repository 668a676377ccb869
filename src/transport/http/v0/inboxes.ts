/** Inboxes, of the organization and of one pod (contract 7.5). */
import { z } from "@hono/zod-openapi";
import {
  type CreateInbox,
  createInbox,
  deleteInbox,
  getInbox,
  listInboxes,
  updateInbox,
} from "../../../domain/inboxes/index.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { type Mount, mount, organizationMount, podMount, type Route, route } from "./route.ts";
import { createInboxBody, toV0Inbox, updateInboxBody, v0Inbox } from "./shapes/inbox.ts";

function createInput(body: z.infer<typeof createInboxBody>): CreateInbox {
  return {
    ...(body.username !== undefined && { username: body.username }),
    ...(body.domain !== undefined && { domain: body.domain }),
    ...(body.display_name !== undefined && { displayName: body.display_name }),
    ...(body.client_id !== undefined && { clientId: body.client_id }),
    ...(body.metadata !== undefined && { metadata: body.metadata }),
  };
}

const collectionRoutes = ({ prefix, client }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/inboxes`,
    name: `${client}inboxes.list`,
    summary: "List inboxes",
    description: "The inboxes in reach, newest first.",
    query: z.object(pageFields("inboxes")),
    does: listInboxes,
    input: ({ query }) => pageRequest(query),
    answer: pageSchema("inboxes", v0Inbox),
    present: (page, { query }) => pageEnvelope("inboxes", page, query, toV0Inbox),
  }),
  route({
    method: "post",
    path: `${prefix}/inboxes`,
    name: `${client}inboxes.create`,
    summary: "Create an inbox",
    description:
      "Makes an inbox with a real address. With a client_id that was used before, the inbox made then is returned.",
    body: createInboxBody,
    does: createInbox,
    input: ({ body }) => createInput(body),
    answer: v0Inbox,
    present: toV0Inbox,
  }),
];

const itemRoutes = ({ prefix, client }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/inboxes/{inbox_id}`,
    name: `${client}inboxes.get`,
    summary: "Get an inbox",
    description: "One inbox by its address, in any case.",
    does: getInbox,
    input: () => undefined,
    answer: v0Inbox,
    present: toV0Inbox,
  }),
  route({
    method: "patch",
    path: `${prefix}/inboxes/{inbox_id}`,
    name: `${client}inboxes.update`,
    summary: "Update an inbox",
    description:
      "Changes the display name or merges metadata; a null value deletes its key, null as a whole clears all.",
    body: updateInboxBody,
    does: updateInbox,
    input: ({ body }) => ({
      ...(body.display_name !== undefined && { displayName: body.display_name }),
      ...(body.metadata !== undefined && { metadata: body.metadata }),
    }),
    answer: v0Inbox,
    present: toV0Inbox,
  }),
  route({
    method: "delete",
    path: `${prefix}/inboxes/{inbox_id}`,
    name: `${client}inboxes.delete`,
    summary: "Delete an inbox",
    description: "Deletes the inbox with all its mail and keys. The address stops receiving at once.",
    does: deleteInbox,
    input: () => undefined,
    status: 202,
  }),
];

export const inboxRoutes = mount([organizationMount, podMount], (scope) => [
  ...collectionRoutes(scope),
  ...itemRoutes(scope),
]);
