import { z } from "@hono/zod-openapi";
import { MAX_WEBHOOK_TARGETS } from "../../../../domain/limits.ts";
import type { IssuedPollingWebhook, PollingWebhook } from "../../../../domain/notify/polling/index.ts";
import { bodyList, present, wire } from "./common.ts";
import { createdAt, newClientId, organizationId, podId, updatedAt } from "./fields.ts";
import { sample } from "./sample.ts";
import { eventType, toWebhookId } from "./webhook.ts";

const fields = {
  organization_id: organizationId,
  webhook_id: z.string().openapi({
    description: "The polling webhook's id: ep_ and 32 hex digits.",
    example: sample.webhookId,
  }),
  client_id: z.string().openapi({ description: "The client_id it was created with.", example: "worker" }),
  event_types: z.array(eventType).openapi({ description: "Event types that it collects." }),
  pod_ids: z
    .array(z.string())
    .optional()
    .openapi({
      description: "Pods whose events it collects; absent when it names none.",
      example: [sample.podId],
    }),
  inbox_ids: z
    .array(z.string())
    .optional()
    .openapi({
      description: "Addresses of the inboxes whose events it collects; absent when it names none.",
      example: [sample.inbox],
    }),
  pod_id: podId
    .optional()
    .openapi({ description: "The pod that it was created in; absent for the organization's." }),
  inbox_id: z.string().optional().openapi({
    description: "The inbox that it was created in; absent for wider ones.",
    example: sample.inbox,
  }),
  updated_at: updatedAt,
  created_at: createdAt,
};

export const v0PollingWebhook = z.object(fields).openapi("PollingWebhook", {
  title: "Polling webhook",
  description: "A subscription whose events wait until a consumer fetches them.",
});

export const v0IssuedPollingWebhook = z
  .object({
    ...fields,
    token: z.string().openapi({
      description:
        "What the consumer is given, as it is. It is shown once; creating the same again gives another.",
      example: "auto_v1_eyJhaWQiOiIuLi4ifQ==",
    }),
  })
  .openapi("CreatePollingWebhookResponse", { title: "Polling webhook with its token" });

export const createPollingBody = z
  .object({
    client_id: newClientId("polling webhook", "the scope it is made in").openapi({ example: "worker" }),
    event_types: bodyList(eventType, {
      description: "Event types to collect, one at least.",
      minItems: 1,
      example: ["message.received"],
    }),
    pod_ids: bodyList(z.string(), {
      description: `Ids of pods: only events of these. ${MAX_WEBHOOK_TARGETS} at most together with inbox_ids. Absent with inbox_ids: all of the scope it is made in.`,
      example: [sample.podId],
      maxItems: MAX_WEBHOOK_TARGETS,
    }).optional(),
    inbox_ids: bodyList(z.string(), {
      description: "Addresses of inboxes: only events of these, and of pod_ids.",
      example: [sample.inbox],
      maxItems: MAX_WEBHOOK_TARGETS,
    }).optional(),
  })
  .openapi("CreatePollingWebhookRequest", {
    title: "Polling webhook to create",
    example: { client_id: "worker", event_types: ["message.received"] },
  });

export const toV0PollingWebhook = (webhook: PollingWebhook): Record<string, unknown> =>
  present({
    ...wire(webhook, ["organizationId"]),
    webhook_id: toWebhookId(webhook.id),
    ...wire(webhook, ["clientId", "eventTypes"]),
    ...(webhook.podIds.length > 0 && { pod_ids: webhook.podIds }),
    ...(webhook.inboxes.length > 0 && { inbox_ids: webhook.inboxes.map(({ address }) => address) }),
    ...(webhook.podId !== null && { pod_id: webhook.podId }),
    ...(webhook.inboxAddress !== null && { inbox_id: webhook.inboxAddress }),
    ...wire(webhook, ["updatedAt", "createdAt"]),
  });

/** @param origin where consumers find this server */
export function toV0IssuedPollingWebhook(
  { webhook, token, signingSecret }: IssuedPollingWebhook,
  origin: string,
): Record<string, unknown> {
  const decoded = {
    aid: webhook.organizationId,
    eid: toWebhookId(webhook.id),
    surl: origin,
    esec: signingSecret,
    tok: token,
  };
  const encoded = Buffer.from(JSON.stringify(decoded)).toString("base64");
  return { ...toV0PollingWebhook(webhook), token: `auto_v1_${encoded}` };
}
