/** Webhook endpoints of the organization, of a pod, of an inbox (contract 7.12). */

import { z } from "@hono/zod-openapi";
import {
  createWebhook,
  deleteWebhook,
  getSentEvent,
  getWebhook,
  getWebhookHeaders,
  listSentAttempts,
  listSentEvents,
  listWebhooks,
  recoverWebhook,
  resendEvent,
  sentAttemptKey,
  sentEventKey,
  updateWebhook,
  updateWebhookHeaders,
} from "../../../domain/notify/webhooks/index.ts";
import {
  MAX_RECOVERED,
  RECOVERED_PER_SECOND,
  WEBHOOK_RETRY_SECONDS,
} from "../../../domain/notify/webhooks/limits.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { type Route, route } from "../dialect/route.ts";
import { momentFields } from "./mail-query.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { queryList } from "./shapes/common.ts";
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
import {
  fromEventId,
  keptSince,
  recoverBody,
  toV0Recovered,
  toV0WebhookAttempt,
  toV0WebhookEvent,
  v0Recovered,
  v0WebhookAttempt,
  v0WebhookEvent,
} from "./shapes/webhook-event.ts";

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
    query: z.object(pageFields()),
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

const eventOf = (params: Readonly<Record<string, string>>) => ({
  ...idOf(params),
  eventId: fromEventId(params["webhook_event_id"] ?? ""),
});

const eventQuery = z.object({
  ...pageFields(sentEventKey),
  state: queryList(
    "Only events that are in one of these states there: pending, delivered, failed.",
    true,
  ).optional(),
  event_types: queryList("Only events of one of these types.", true).optional(),
  ...momentFields("events"),
});

const eventPage = pageSchema(
  "ListWebhookEventsResponse",
  "events",
  v0WebhookEvent,
  "The events of this page. It may hold fewer than it could, or none, and still name a next one, where many were left out.",
).extend({ kept_since: keptSince });

/** Routes of our own: the vendor shows these things on its pages only. */
const sentRoutes = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/webhooks/{webhook_id}/events`,
    name: `${client}webhooks.listEvents`,
    isOwn: true,
    summary: `List what a webhook was sent${at}`,
    description:
      "The events that the webhook was sent or is to be sent, newest first, each with its state there and how the last attempt went. Events of messages that the key may not read are left out.",
    query: eventQuery,
    does: listSentEvents,
    fields: { states: ["state"] },
    input: ({ params, query: { state: states, event_types: eventTypes, before, after, ...page } }) => ({
      ...idOf(params),
      page: pageRequest(page),
      ...(states !== undefined && { states }),
      ...(eventTypes !== undefined && { eventTypes }),
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    }),
    answer: eventPage,
    present: (page, { query }) => ({
      ...pageEnvelope("events", page, query, toV0WebhookEvent),
      ...(page.keptSince !== null && { kept_since: page.keptSince.toISOString() }),
    }),
  }),
  route({
    method: "get",
    path: `${prefix}/webhooks/{webhook_id}/events/{webhook_event_id}`,
    name: `${client}webhooks.getEvent`,
    isOwn: true,
    summary: `Get an event that a webhook was sent${at}`,
    description: "One event at the webhook, with the beginning of the last answer, or why there was none.",
    does: getSentEvent,
    input: ({ params }) => eventOf(params),
    answer: v0WebhookEvent,
    present: toV0WebhookEvent,
  }),
  route({
    method: "get",
    path: `${prefix}/webhooks/{webhook_id}/events/{webhook_event_id}/attempts`,
    name: `${client}webhooks.listAttempts`,
    isOwn: true,
    summary: `List the attempts at an event of a webhook${at}`,
    description:
      "Every request that was to tell the webhook of the event, newest first, and what it answered.",
    query: z.object(pageFields(sentAttemptKey)),
    does: listSentAttempts,
    input: ({ params, query }) => ({ ...eventOf(params), page: pageRequest(query) }),
    answer: pageSchema(
      "ListWebhookAttemptsResponse",
      "attempts",
      v0WebhookAttempt,
      "The attempts of this page.",
    ),
    present: (page, { query }) => pageEnvelope("attempts", page, query, toV0WebhookAttempt),
  }),
];

const resendRoutes = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "post",
    path: `${prefix}/webhooks/{webhook_id}/events/{webhook_event_id}/resend`,
    name: `${client}webhooks.resend`,
    isOwn: true,
    summary: `Send a webhook an event again${at}`,
    description:
      "Has the event sent once more, whatever became of it: at once, under the same svix-id, signed anew, and with all retries should that fail. One that is pending does not wait for its time; while its first attempt is under way, that attempt is the one. 409 when the webhook is disabled.",
    does: resendEvent,
    input: ({ params }) => eventOf(params),
    answer: v0WebhookEvent,
    present: toV0WebhookEvent,
  }),
  route({
    method: "post",
    path: `${prefix}/webhooks/{webhook_id}/recover`,
    name: `${client}webhooks.recover`,
    isOwn: true,
    summary: `Send a webhook again what failed${at}`,
    description: `Has all events that failed since a moment sent again in the background, the oldest first and ${RECOVERED_PER_SECOND} a second, each as a resend has one: ${MAX_RECOVERED} at most, then ask again. What is on its way again counts as failed no more, so that a repeated request sends nothing twice. 409 when the webhook is disabled.`,
    body: recoverBody,
    does: recoverWebhook,
    input: ({ params, body: { since, until } }) => ({
      ...idOf(params),
      since,
      ...(until !== undefined && { until }),
    }),
    answer: v0Recovered,
    present: toV0Recovered,
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
    webhook_event_id: {
      description: "The event's id, or the svix-id of its requests.",
      example: sample.eventId,
    },
  },
  routes: mount([organizationMount, podMount, inboxMount], (scope) => [
    ...collectionRoutes(scope),
    ...headerRoutes(scope),
    ...itemRoutes(scope),
    ...sentRoutes(scope),
    ...resendRoutes(scope),
  ]),
});
