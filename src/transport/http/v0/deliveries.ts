/** What becomes of what was sent: deliveries and the queue, routes of this server's own, which the vendor does not have. */
import { z } from "@hono/zod-openapi";
import type { SortKey } from "../../../domain/door/cursor.ts";
import {
  cancelDelivery,
  getDelivery,
  getInboxStanding,
  getQueue,
  getStanding,
  listDeliveries,
  resumeInboxSending,
  resumeSending,
  retryDelivery,
} from "../../../domain/transit/outbound/index.ts";
import { noun } from "../dialect/dialect.ts";
import { type Params, type Route, route } from "../dialect/route.ts";
import { storable } from "../dialect/storable.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { queryList } from "./shapes/common.ts";
import {
  toV0Delivery,
  toV0InboxStanding,
  toV0QueuedDomain,
  toV0Standing,
  v0Delivery,
  v0InboxStanding,
  v0Queue,
  v0Standing,
} from "./shapes/delivery.ts";

const byAge: SortKey = ["uuid"];

const listQuery = z.object({
  ...pageFields(byAge),
  state: queryList("Only deliveries in one of these states.", true).optional(),
  domain: storable.optional().openapi({
    type: "string",
    description: "Only deliveries to recipients of this domain.",
    example: "example.org",
  }),
});

const deliveryPage = pageSchema(
  "ListDeliveriesResponse",
  "deliveries",
  v0Delivery,
  "The deliveries of this page, newest first.",
);

const named = ({ params }: { readonly params: Params }) => ({ deliveryId: params["delivery_id"] ?? "" });

const reading = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/deliveries`,
    name: `${client}deliveries.list`,
    isOwn: true,
    summary: `List deliveries${at}`,
    description: `What became of messages that were sent, by message and domain of recipients, of everything ${reach}: newest first.`,
    query: listQuery,
    does: listDeliveries,
    fields: { states: ["state"] },
    input: ({ query }) => ({
      page: pageRequest(query),
      ...(query.state !== undefined && { states: query.state }),
      ...(query.domain !== undefined && { domain: query.domain }),
    }),
    answer: deliveryPage,
    present: (page, { query }) => pageEnvelope("deliveries", page, query, toV0Delivery),
  }),
  route({
    method: "get",
    path: `${prefix}/deliveries/{delivery_id}`,
    name: `${client}deliveries.get`,
    isOwn: true,
    summary: `Get a delivery${at}`,
    description: "One delivery, with what the last server said of each recipient.",
    does: getDelivery,
    input: named,
    answer: v0Delivery,
    present: toV0Delivery,
  }),
  route({
    method: "get",
    path: `${prefix}/queue`,
    name: `${client}deliveries.queue`,
    isOwn: true,
    summary: `Sum up what waits for other servers${at}`,
    description: `By domain of recipients: how much ${reach} waits, since when, and why.`,
    does: getQueue,
    input: () => undefined,
    answer: v0Queue,
    present: ({ domains }) => ({ count: domains.length, domains: domains.map(toV0QueuedDomain) }),
  }),
];

const changing = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "post",
    path: `${prefix}/deliveries/{delivery_id}/retry`,
    name: `${client}deliveries.retry`,
    isOwn: true,
    summary: `Try a delivery now${at}`,
    description:
      "Has a delivery that waits be tried at once. One that bounced or failed is queued anew, for the recipients that it did not reach. 409 when it was sent, delivered or captured, and while an attempt is under way; 403 message_rejected when lists or suppressions keep from mail whom it would be queued for.",
    does: retryDelivery,
    input: named,
    answer: v0Delivery,
    present: toV0Delivery,
  }),
  route({
    method: "post",
    path: `${prefix}/deliveries/{delivery_id}/cancel`,
    name: `${client}deliveries.cancel`,
    isOwn: true,
    summary: `Cancel a delivery${at}`,
    description:
      "Ends a delivery that waits; recipients who have it keep it. Its event is message.rejected. 409 when there is nothing to end, and while an attempt is under way.",
    does: cancelDelivery,
    input: named,
    answer: v0Delivery,
    present: toV0Delivery,
  }),
];

export const deliveries = noun({
  name: "deliveries",
  title: "Deliveries",
  about: "What becomes of messages that were sent: to inboxes here, and to other servers.",
  parameters: {
    delivery_id: { description: "The delivery's id.", example: "01a003f3-1280-7007-a1c2-3d4e5f607182" },
  },
  routes: [
    ...mount([organizationMount, podMount, inboxMount], (scope) => [...reading(scope), ...changing(scope)]),
    route({
      method: "get",
      path: `${podMount.prefix}/sending`,
      name: "pods.deliveries.standing",
      isOwn: true,
      summary: "Get a pod's standing as a sender",
      description: "Its bounce and complaint rates of the last 24 hours, and what they led to.",
      does: getStanding,
      input: () => undefined,
      answer: v0Standing,
      present: toV0Standing,
    }),
    route({
      method: "post",
      path: `${podMount.prefix}/sending/resume`,
      name: "pods.deliveries.resume",
      isOwn: true,
      summary: "End a pod's suspension as a sender",
      description:
        "Ends a warning or suspension because of rates: what waits goes out, and what was sent until now no longer counts.",
      does: resumeSending,
      input: () => undefined,
      answer: v0Standing,
      present: toV0Standing,
    }),
    route({
      method: "get",
      path: `${inboxMount.prefix}/sending`,
      name: "inboxes.deliveries.standing",
      isOwn: true,
      summary: "Get an inbox's standing as a sender",
      description: "Its bounce and complaint rates of the last 24 hours, and whether they have suspended it.",
      does: getInboxStanding,
      input: () => undefined,
      answer: v0InboxStanding,
      present: toV0InboxStanding,
    }),
    route({
      method: "post",
      path: `${inboxMount.prefix}/sending/resume`,
      name: "inboxes.deliveries.resume",
      isOwn: true,
      summary: "End an inbox's suspension as a sender",
      description:
        "Ends a suspension because of rates before it ends by itself: what waits goes out, and what was sent until now no longer counts. It takes a key of the organization.",
      does: resumeInboxSending,
      input: () => undefined,
      answer: v0InboxStanding,
      present: toV0InboxStanding,
    }),
  ],
});
