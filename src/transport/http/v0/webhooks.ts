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
    description: `The webhooks ${reach}, by when they were made, newest first: those that listen to nothing beyond it.`,
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
    description: `Registers an endpoint that is told of events from then on. Each is posted as signed JSON and, until it is answered with a 2xx, tried again ${WEBHOOK_RETRY_SECONDS.length} times in about a day. With a client_id that was used before in this scope nothing is made: the webhook made then is the answer.`,
    body: createWebhookBody,
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
      "Names of the headers of yours that go out with every delivery; their values are never given back.",
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
    description: "Sets and removes headers of yours in one step; names count without regard to case.",
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
    description: "Replaces the event types; adds and removes pods and inboxes. The URL and the secret stay.",
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
    description: "Deletes the webhook; what it was still to be told is dropped.",
    does: deleteWebhook,
    input: ({ params }) => idOf(params),
    status: 204,
  }),
];

export const webhooks = noun({
  name: "webhooks",
  title: "Webhooks",
  about: "Endpoints of yours that are notified of mail as it comes and goes.",
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
