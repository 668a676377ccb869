import { z } from "@hono/zod-openapi";
import { eventTypes } from "../../../../domain/events.ts";
import type { Webhook } from "../../../../domain/webhooks/index.ts";
import { bodyList, present, timestamp } from "./common.ts";

const eventType = z.enum(eventTypes);

export const v0Webhook = z
  .object({
    organization_id: z.uuid(),
    pod_id: z.uuid().optional(),
    webhook_id: z.string(),
    url: z.url(),
    event_types: z.array(eventType),
    pod_ids: z.array(z.string()).optional(),
    inbox_ids: z.array(z.string()).optional(),
    secret: z.string().openapi({ description: "whsec_…: verify signatures with it." }),
    enabled: z.boolean(),
    client_id: z.string().optional(),
    updated_at: timestamp,
    created_at: timestamp,
  })
  .openapi("Webhook");

const types = bodyList(eventType, "What to be told of.");
const strings = (description: string) => bodyList(z.string(), description).optional();

export const createWebhookBody = z
  .object({
    url: z.string().openapi({ description: "https://, on the public internet." }),
    event_types: types,
    pod_ids: strings("Only events of these pods; 10 at most."),
    inbox_ids: strings("Only events of these inboxes; 10 at most. With pod_ids: of either."),
    client_id: z.string().optional(),
    headers: z
      .record(z.string(), z.string())
      .optional()
      .openapi({ description: "Sent with every delivery; never given back." }),
  })
  .openapi("CreateWebhookRequest");

export const updateWebhookBody = z
  .object({
    event_types: types.optional(),
    add_pod_ids: strings("Pods to add."),
    remove_pod_ids: strings("Pods to remove."),
    add_inbox_ids: strings("Inboxes to add."),
    remove_inbox_ids: strings("Inboxes to remove."),
  })
  .openapi("UpdateWebhookRequest");

export const webhookHeadersBody = z
  .object({
    headers: z.record(z.string(), z.string()).optional(),
    remove_headers: strings("Names to remove."),
  })
  .openapi("UpdateWebhookHeadersRequest");

const PREFIX = "ep_";

/** ep_ and the id without dashes. */
export const toWebhookId = (id: string): string => PREFIX + id.replaceAll("-", "");

/** The id behind `ep_…`; for anything else a text that is no id. */
export function fromWebhookId(wire: string): string {
  const match = /^ep_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(wire);
  return match === null ? "" : match.slice(1).join("-");
}

export const toV0Webhook = (webhook: Webhook): Record<string, unknown> =>
  present({
    organization_id: webhook.organizationId,
    pod_id: webhook.podId,
    webhook_id: toWebhookId(webhook.id),
    url: webhook.url,
    event_types: webhook.eventTypes,
    pod_ids: webhook.podIds.length === 0 ? undefined : webhook.podIds,
    inbox_ids: webhook.inboxes.length === 0 ? undefined : webhook.inboxes.map((inbox) => inbox.address),
    secret: webhook.secret,
    enabled: webhook.enabled,
    client_id: webhook.clientId,
    updated_at: webhook.updatedAt.toISOString(),
    created_at: webhook.createdAt.toISOString(),
  });
