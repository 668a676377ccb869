/** Webhooks that are polled, of the organization, of a pod, of an inbox (agentmail-newest 2.3). */
import { z } from "@hono/zod-openapi";
import {
  createPollingWebhook,
  deletePollingWebhook,
  getPollingWebhook,
  listPollingWebhooks,
} from "../../../domain/notify/polling/index.ts";
import { MAX_POLLING_WEBHOOKS } from "../../../domain/notify/polling/limits.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { type Route, route } from "../dialect/route.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import {
  createPollingBody,
  toV0IssuedPollingWebhook,
  toV0PollingWebhook,
  v0IssuedPollingWebhook,
  v0PollingWebhook,
} from "./shapes/polling-webhook.ts";
import { sample } from "./shapes/sample.ts";
import { fromWebhookId } from "./shapes/webhook.ts";

const named = (params: Readonly<Record<string, string>>) => {
  const clientId = params["polling_webhook_id"] ?? "";
  return { id: fromWebhookId(clientId), clientId };
};

const list = pageSchema(
  "ListPollingWebhooksResponse",
  "polling_webhooks",
  v0PollingWebhook,
  "The polling webhooks of this page.",
);

const routesAt = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/webhooks/polling`,
    name: `${client}webhooks.polling.list`,
    summary: `List polling webhooks${at}`,
    description: "The polling webhooks that were created in this scope itself, newest first.",
    isOwn: true,
    query: z.object(pageFields()),
    does: listPollingWebhooks,
    input: ({ query }) => pageRequest(query),
    answer: list,
    present: (page, { query }) => pageEnvelope("polling_webhooks", page, query, toV0PollingWebhook),
  }),
  route({
    method: "post",
    path: `${prefix}/webhooks/polling`,
    name: `${client}webhooks.polling.create`,
    summary: `Create a polling webhook${at}`,
    description: `Collects the events from then on, for a consumer that fetches them with the token. With a client_id that was used before in this scope nothing is created: the answer is the polling webhook created then, with a new token; the one before is dead. ${MAX_POLLING_WEBHOOKS} at most.`,
    isOwn: true,
    body: createPollingBody,
    bodyNamesObjects: true,
    does: createPollingWebhook,
    input: ({ body }) => ({ podIds: [], inboxIds: [], ...fromWire(body) }),
    answer: v0IssuedPollingWebhook,
    present: (issued, { origin }) => toV0IssuedPollingWebhook(issued, origin),
  }),
  route({
    method: "get",
    path: `${prefix}/webhooks/polling/{polling_webhook_id}`,
    name: `${client}webhooks.polling.get`,
    summary: `Get a polling webhook${at}`,
    description: "One polling webhook by its id or client_id. Its token is not shown again.",
    isOwn: true,
    does: getPollingWebhook,
    input: ({ params }) => named(params),
    answer: v0PollingWebhook,
    present: toV0PollingWebhook,
  }),
  route({
    method: "delete",
    path: `${prefix}/webhooks/polling/{polling_webhook_id}`,
    name: `${client}webhooks.polling.delete`,
    summary: `Delete a polling webhook${at}`,
    description: "Stops collecting, and ends the token, with the events that were not fetched.",
    isOwn: true,
    does: deletePollingWebhook,
    input: ({ params }) => named(params),
    status: 204,
  }),
];

export const polling = noun({
  name: "polling",
  title: "Polling webhooks",
  about: "Events that wait until a consumer fetches them, for those who have no URL that can be called.",
  parameters: {
    polling_webhook_id: {
      description: "The polling webhook's id, ep_ and 32 hex digits, or its client_id.",
      example: sample.webhookId,
    },
  },
  routes: mount([organizationMount, podMount, inboxMount], routesAt),
});
