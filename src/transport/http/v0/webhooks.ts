/** Webhook endpoints of the organization, of a pod, of an inbox (contract 7.12). */
import { z } from "@hono/zod-openapi";
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  getWebhookHeaders,
  listWebhooks,
  updateWebhook,
  updateWebhookHeaders,
} from "../../../domain/webhooks/index.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount, type Route, route } from "./route.ts";
import {
  createWebhookBody,
  fromWebhookId,
  toV0Webhook,
  updateWebhookBody,
  v0Webhook,
  webhookHeadersBody,
} from "./shapes/webhook.ts";

const idOf = (params: Readonly<Record<string, string>>) => ({
  id: fromWebhookId(params["webhook_id"] ?? ""),
});

const collectionRoutes = ({ prefix, client }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/webhooks`,
    name: `${client}webhooks.list`,
    summary: "List webhooks",
    description: "Endpoints that listen within this scope, newest first.",
    query: z.object(pageFields("webhooks")),
    does: listWebhooks,
    input: ({ query }) => pageRequest(query),
    answer: pageSchema("webhooks", v0Webhook),
    present: (page, { query }) => pageEnvelope("webhooks", page, query, toV0Webhook),
  }),
  route({
    method: "post",
    path: `${prefix}/webhooks`,
    name: `${client}webhooks.create`,
    summary: "Create a webhook",
    description:
      "Registers an endpoint. Deliveries are signed, tried again for a day, and listed attempt by attempt.",
    body: createWebhookBody,
    does: createWebhook,
    input: ({ body }) => ({
      url: body.url,
      eventTypes: body.event_types,
      podIds: body.pod_ids ?? [],
      inboxIds: body.inbox_ids ?? [],
      ...(body.client_id !== undefined && { clientId: body.client_id }),
      ...(body.headers !== undefined && { headers: body.headers }),
    }),
    answer: v0Webhook,
    present: toV0Webhook,
  }),
];

const headerRoutes = ({ prefix, client }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/webhooks/{webhook_id}/headers`,
    name: `${client}webhooks.getHeaders`,
    summary: "List a webhook's header names",
    description: "Names of the custom headers; their values are never given back.",
    does: getWebhookHeaders,
    input: ({ params }) => idOf(params),
    answer: z.object({ header_names: z.array(z.string()) }).openapi("WebhookHeaderNamesResponse"),
    present: (names) => ({ header_names: names }),
  }),
  route({
    method: "patch",
    path: `${prefix}/webhooks/{webhook_id}/headers`,
    name: `${client}webhooks.updateHeaders`,
    summary: "Update a webhook's headers",
    description: "Sets and removes custom headers in one step.",
    body: webhookHeadersBody,
    does: updateWebhookHeaders,
    input: ({ params, body }) => ({
      ...idOf(params),
      ...(body.headers !== undefined && { set: body.headers }),
      ...(body.remove_headers !== undefined && { remove: body.remove_headers }),
    }),
    status: 204,
  }),
];

const itemRoutes = ({ prefix, client }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/webhooks/{webhook_id}`,
    name: `${client}webhooks.get`,
    summary: "Get a webhook",
    description: "One endpoint, with the secret its deliveries are signed with.",
    does: getWebhook,
    input: ({ params }) => idOf(params),
    answer: v0Webhook,
    present: toV0Webhook,
  }),
  route({
    method: "patch",
    path: `${prefix}/webhooks/{webhook_id}`,
    name: `${client}webhooks.update`,
    summary: "Update a webhook",
    description: "Replaces the event types; adds and removes pods and inboxes. The URL stays.",
    body: updateWebhookBody,
    does: updateWebhook,
    input: ({ params, body }) => ({
      ...idOf(params),
      eventTypes: body.event_types ?? [],
      addPodIds: body.add_pod_ids ?? [],
      removePodIds: body.remove_pod_ids ?? [],
      addInboxIds: body.add_inbox_ids ?? [],
      removeInboxIds: body.remove_inbox_ids ?? [],
    }),
    answer: v0Webhook,
    present: toV0Webhook,
  }),
  route({
    method: "delete",
    path: `${prefix}/webhooks/{webhook_id}`,
    name: `${client}webhooks.delete`,
    summary: "Delete a webhook",
    description: "Deletes the endpoint; what it was still to be told is dropped.",
    does: deleteWebhook,
    input: ({ params }) => idOf(params),
    status: 204,
  }),
];

export const webhookRoutes = mount([organizationMount, podMount, inboxMount], (scope) => [
  ...collectionRoutes(scope),
  ...headerRoutes(scope),
  ...itemRoutes(scope),
]);
