/** Webhook endpoints of the organization, of a pod, of an inbox (contract 7.12). */

import { z } from "@hono/zod-openapi";
import { WEBHOOK_RETRY_SECONDS } from "../../../domain/limits.ts";
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  getWebhookHeaders,
  listWebhooks,
  updateWebhook,
  updateWebhookHeaders,
} from "../../../domain/notify/webhooks/index.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { type Route, route } from "../dialect/route.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { sample } from "./shapes/sample.ts";
import {
  createWebhookBody,
  fromWebhookId,
  toV0Webhook,
  updateWebhookBody,
  v0Webhook,
  v0WebhookHeaders,
  webhookHeadersBody,
} from "./shapes/webhook.ts";

const idOf = (params: Readonly<Record<string, string>>) => ({
  id: fromWebhookId(params["webhook_id"] ?? ""),
});

const webhookList = pageSchema("ListWebhooksResponse", "webhooks", v0Webhook, "The webhooks of this page.");

const collectionRoutes = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/webhooks`,
    name: `${client}webhooks.list`,
    summary: `List webhooks${at}`,
    description: `The webhooks ${reach}, newest first: those that listen to nothing outside that scope.`,
    query: z.object(pageFields("webhooks")),
    does: listWebhooks,
    input: ({ query }) => pageRequest(query),
    answer: webhookList,
    present: (page, { query }) => pageEnvelope("webhooks", page, query, toV0Webhook),
  }),
  route({
    method: "post",
    path: `${prefix}/webhooks`,
    name: `${client}webhooks.create`,
    summary: `Create a webhook${at}`,
    description: `Registers an endpoint for the events from then on. Each is posted as signed JSON and, until the endpoint answers with a 2xx, retried ${WEBHOOK_RETRY_SECONDS.length} times in about a day. With a client_id that was used before in this scope nothing is created: the answer is the webhook created then.`,
    body: createWebhookBody,
    bodyNamesObjects: true,
    does: createWebhook,
    input: ({ body }) => ({ podIds: [], inboxIds: [], ...fromWire(body) }),
    answer: v0Webhook,
    present: toV0Webhook,
  }),
];

const headerRoutes = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/webhooks/{webhook_id}/headers`,
    name: `${client}webhooks.getHeaders`,
    summary: `List a webhook's header names${at}`,
    description:
      "Names of the custom headers that are sent with every delivery; their values are never returned.",
    does: getWebhookHeaders,
    input: ({ params }) => idOf(params),
    answer: v0WebhookHeaders,
    present: (names) => ({ header_names: names }),
  }),
  route({
    method: "patch",
    path: `${prefix}/webhooks/{webhook_id}/headers`,
    name: `${client}webhooks.updateHeaders`,
    summary: `Update a webhook's headers${at}`,
    description: "Sets and removes custom headers in one step; names are case-insensitive.",
    body: webhookHeadersBody,
    does: updateWebhookHeaders,
    input: ({ params, body }) => ({
      ...idOf(params),
      ...fromWire(body),
    }),
    status: 204,
  }),
];

const itemRoutes = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/webhooks/{webhook_id}`,
    name: `${client}webhooks.get`,
    summary: `Get a webhook${at}`,
    description: "One webhook by its id, with the secret that its deliveries are signed with.",
    does: getWebhook,
    input: ({ params }) => idOf(params),
    answer: v0Webhook,
    present: toV0Webhook,
  }),
  route({
    method: "patch",
    path: `${prefix}/webhooks/{webhook_id}`,
    name: `${client}webhooks.update`,
    summary: `Update a webhook${at}`,
    description:
      "Replaces the event types; adds and removes pods and inboxes; disables it, or enables it again. The URL and the secret cannot be changed.",
    body: updateWebhookBody,
    does: updateWebhook,
    input: ({ params, body }) => ({
      eventTypes: [],
      addPodIds: [],
      removePodIds: [],
      addInboxIds: [],
      removeInboxIds: [],
      ...fromWire(body),
      ...idOf(params),
    }),
    answer: v0Webhook,
    present: toV0Webhook,
  }),
  route({
    method: "delete",
    path: `${prefix}/webhooks/{webhook_id}`,
    name: `${client}webhooks.delete`,
    summary: `Delete a webhook${at}`,
    description: "Deletes the webhook, with the deliveries that are still pending.",
    does: deleteWebhook,
    input: ({ params }) => idOf(params),
    status: 204,
  }),
];

export const webhooks = noun({
  name: "webhooks",
  title: "Webhooks",
  about: "Your endpoints, which events about mail are delivered to.",
  parameters: {
    webhook_id: {
      description: "The webhook's id: ep_ and 32 hex digits.",
      example: sample.webhookId,
    },
  },
  routes: mount([organizationMount, podMount, inboxMount], (scope) => [
    ...collectionRoutes(scope),
    ...headerRoutes(scope),
    ...itemRoutes(scope),
  ]),
});
