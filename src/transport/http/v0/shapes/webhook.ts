import { z } from "@hono/zod-openapi";
import { type EventType, eventTypes, uncausedTypes } from "../../../../domain/door/events.ts";
import { MAX_WEBHOOK_TARGETS } from "../../../../domain/limits.ts";
import type { Webhook } from "../../../../domain/notify/webhooks/index.ts";
import {
  MAX_WEBHOOK_HEADER_LENGTH,
  MAX_WEBHOOK_HEADERS,
  WEBHOOK_DISABLE_DAYS,
} from "../../../../domain/notify/webhooks/limits.ts";
import { isUuid } from "../../../../lib/uuid.ts";
import { bodyList, present, wire } from "./common.ts";
import { clientId, createdAt, newClientId, organizationId, podId, updatedAt } from "./fields.ts";
import { sample } from "./sample.ts";

/** Total by type: an event without a description does not compile. */
const meanings: Readonly<Record<EventType, string>> = {
  "message.received": "a message was received",
  "message.received.spam": "a message labelled spam was received; needs label_spam_read",
  "message.received.blocked": "a message labelled blocked was received; needs label_blocked_read",
  "message.received.unauthenticated":
    "a message labelled unauthenticated was received; needs label_unauthenticated_read",
  "message.sent": "a message was accepted for sending",
  "message.delivered": "it was delivered to recipients",
  "message.bounced": "it bounced",
  "message.complained": "a recipient reported it as spam",
  "message.rejected": "it was refused before it was sent",
  "message.opened": "a recipient opened it",
  "domain.verified": "a domain was verified",
  "thread.loop_cut":
    "an inbox reached what it may send in one thread within an hour, as two programs do that answer each other; once an hour of each thread, and an addition of ours",
};

export const eventType = z.enum([...eventTypes, ...uncausedTypes]).openapi("EventType", {
  title: "Type of an event",
  description: `${Object.entries(meanings)
    .map(([type, meaning]) => `${type}: ${meaning}`)
    .join(". ")}. Those of calendars and of scanners may be named, and nothing causes them here.`,
  example: "message.received",
});

/** Fields of an endpoint as it is shown. */
const fields = {
  organization_id: organizationId,
  pod_id: podId.optional().openapi({
    description: "The pod of all that it listens to; absent when it listens to several pods or to all.",
  }),
  inbox_id: z.string().optional().openapi({
    description: "The inbox that is all that it listens to; absent when it listens to more.",
    example: sample.inbox,
  }),
  webhook_id: z.string().openapi({
    description: "The webhook's id: ep_ and 32 hex digits.",
    example: sample.webhookId,
  }),
  url: z.url().openapi({
    description: "Where events are posted. It cannot be changed.",
    example: "https://agent.example.com/mail",
  }),
  event_types: z.array(eventType).openapi({ description: "Event types that it listens to." }),
  pod_ids: z
    .array(z.string())
    .optional()
    .openapi({
      description:
        "Pods that it listens to; absent when it names none. Empty, as is inbox_ids, when all that it named were deleted: then it receives no events.",
      example: [sample.podId],
    }),
  inbox_ids: z
    .array(z.string())
    .optional()
    .openapi({
      description: "Addresses of the inboxes that it listens to; absent when it names none.",
      example: [sample.inbox],
    }),
  secret: z.string().openapi({
    description:
      "The secret that every delivery is signed with (HMAC-SHA256, headers svix-id, svix-timestamp, svix-signature): whsec_ and base64. Verify deliveries with it, and keep it secret. Empty in the answer to an update, or to a create under a client_id that was used before, for a key without webhook_read.",
    example: sample.webhookSecret,
  }),
  enabled: z.boolean().openapi({
    description: `False when it was disabled, by an update or because all of its deliveries failed for ${WEBHOOK_DISABLE_DAYS} days.`,
  }),
  client_id: clientId.optional().openapi({ example: "hook-of-tenant-42" }),
  updated_at: updatedAt,
  created_at: createdAt,
};

export const v0Webhook = z.object(fields).openapi("Webhook", {
  title: "Webhook",
  description:
    "An endpoint that events are posted to. Without pods and inboxes it listens to the whole organization.",
  example: {
    organization_id: sample.organizationId,
    pod_id: sample.podId,
    inbox_id: sample.inbox,
    webhook_id: sample.webhookId,
    url: "https://agent.example.com/mail",
    event_types: ["message.received"],
    inbox_ids: [sample.inbox],
    secret: sample.webhookSecret,
    enabled: true,
    updated_at: sample.at,
    created_at: sample.at,
  },
});

const types = (description: string, minItems: number) =>
  bodyList(eventType, { description, minItems, example: ["message.received"] });
const strings = (description: string, example: string, maxItems?: number) =>
  bodyList(z.string(), { description, example: [example], ...(maxItems && { maxItems }) }).optional();

const headerRules = `${MAX_WEBHOOK_HEADERS} at most, names of 100 characters and values of ${MAX_WEBHOOK_HEADER_LENGTH} at most, no name twice in whatever case; those that the delivery sets itself, such as Content-Type and svix-id, are refused.`;
const headers = z.record(z.string(), z.string()).openapi({
  maxProperties: MAX_WEBHOOK_HEADERS,
  minProperties: 1,
  example: { Authorization: "Bearer of-yours" },
});

export const createWebhookBody = z
  .object({
    url: z.string().openapi({
      description: "Where events are posted: https://, on the public internet.",
      example: "https://agent.example.com/mail",
    }),
    event_types: types("Event types to listen to, one at least.", 1),
    pod_ids: strings(
      `Ids of pods: only events of these. ${MAX_WEBHOOK_TARGETS} at most. Absent with inbox_ids: all of the scope it is made in.`,
      sample.podId,
    ),
    inbox_ids: strings(
      `Addresses of inboxes: only events of these, and of pod_ids. ${MAX_WEBHOOK_TARGETS} at most.`,
      sample.inbox,
    ),
    client_id: newClientId("webhook", "the scope it is made in")
      .optional()
      .openapi({ example: "hook-of-tenant-42" }),
    headers: headers.optional().openapi({
      description: `Custom headers, sent with every delivery and never returned: ${headerRules}`,
    }),
  })
  .openapi("CreateWebhookRequest", {
    title: "Webhook to create",
    example: {
      url: "https://agent.example.com/mail",
      event_types: ["message.received"],
      client_id: "app",
    },
  });

export const updateWebhookBody = z
  .object({
    event_types: types("Replaces the event types; absent or empty leaves them unchanged.", 0).optional(),
    add_pod_ids: strings(`Ids of pods to listen to as well. ${MAX_WEBHOOK_TARGETS} at most.`, sample.podId),
    remove_pod_ids: strings("Ids of pods to stop listening to.", sample.podId),
    add_inbox_ids: strings(
      `Addresses of inboxes to listen to as well. ${MAX_WEBHOOK_TARGETS} at most.`,
      sample.inbox,
    ),
    remove_inbox_ids: strings("Addresses of inboxes to stop listening to.", sample.inbox),
    enabled: z.boolean().optional().openapi({
      description:
        "False: nothing is delivered to it any more. True: it is again, from events on that happen then; those in between are not sent. That needs the permissions that its event types need. Unchanged when absent.",
      example: true,
    }),
  })
  .openapi("UpdateWebhookRequest", {
    title: "Changes of a webhook",
    description: `In total, ${MAX_WEBHOOK_TARGETS} pods and ${MAX_WEBHOOK_TARGETS} inboxes at most. A webhook that names pods or inboxes must keep at least one.`,
    example: { event_types: ["message.received", "message.bounced"] },
  });

export const webhookHeadersBody = z
  .object({
    headers: headers.optional().openapi({
      description: `Headers to set; others are kept. In total, ${headerRules}`,
    }),
    remove_headers: bodyList(z.string(), {
      description: "Names of headers to remove, in any case.",
      example: ["Authorization"],
    }).optional(),
  })
  .openapi("UpdateWebhookHeadersRequest", {
    title: "Changes of a webhook's headers",
    description: "One of the two at least, and no name in both.",
    example: { headers: { Authorization: "Bearer of-yours" } },
  });

export const v0WebhookHeaders = z
  .object({
    header_names: z.array(z.string()).openapi({
      description:
        "Names of the custom headers that are sent with every delivery; their values are never returned.",
      example: ["Authorization"],
    }),
  })
  .openapi("WebhookHeaderNamesResponse", { title: "Names of a webhook's headers" });

const PREFIX = "ep_";

/** ep_ and the id without dashes. */
export const toWebhookId = (id: string): string => PREFIX + id.replaceAll("-", "");

/** The id behind `ep_…`, and an id as faults of inboxes and the audit have it; for anything else a text that is no id. */
export function fromWebhookId(wire: string): string {
  if (isUuid(wire)) return wire;
  const match = /^ep_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(wire);
  return match === null ? "" : match.slice(1).join("-");
}

/** A list that names nothing is absent. Both are there, empty, when all that was named is gone: absent would say "all". */
function targetsOf({ scoped, podIds, inboxes }: Webhook): Record<string, readonly string[]> {
  const isDeaf = scoped && podIds.length + inboxes.length === 0;
  return {
    ...((isDeaf || podIds.length > 0) && { pod_ids: podIds }),
    ...((isDeaf || inboxes.length > 0) && { inbox_ids: inboxes.map((inbox) => inbox.address) }),
  };
}

export const toV0Webhook = (webhook: Webhook): Record<string, unknown> =>
  present({
    ...wire(webhook, ["organizationId", "podId"]),
    inbox_id: webhook.inboxes.find(({ id }) => id === webhook.inboxId)?.address,
    webhook_id: toWebhookId(webhook.id),
    ...wire(webhook, ["url", "eventTypes"]),
    ...targetsOf(webhook),
    ...wire(webhook, ["secret", "enabled", "clientId", "updatedAt", "createdAt"]),
  });
