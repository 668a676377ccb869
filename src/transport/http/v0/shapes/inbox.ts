import { z } from "@hono/zod-openapi";
import type { Inbox } from "../../../../domain/inboxes/index.ts";
import { present, timestamp } from "./common.ts";

const metadataValue = z.union([z.string(), z.number(), z.boolean()]);

export const v0Inbox = z
  .object({
    organization_id: z.uuid(),
    pod_id: z.uuid(),
    inbox_id: z.string().openapi({ description: "The address itself.", example: "scout@rookery.localhost" }),
    email: z.string(),
    display_name: z.string().optional(),
    client_id: z.string().optional(),
    metadata: z.record(z.string(), metadataValue).optional(),
    updated_at: timestamp,
    created_at: timestamp,
  })
  .openapi("Inbox");

export const createInboxBody = z
  .object({
    username: z.string().optional().openapi({ description: "Before the @; made up when absent." }),
    domain: z
      .string()
      .optional()
      .openapi({ description: "A verified domain of the pod; the installation's own when absent." }),
    display_name: z.string().optional(),
    client_id: z.string().optional(),
    metadata: z.record(z.string(), metadataValue).optional(),
  })
  .openapi("CreateInboxRequest");

export const updateInboxBody = z
  .object({
    display_name: z.string().optional(),
    metadata: z.record(z.string(), metadataValue.nullable()).nullable().optional(),
  })
  .openapi("UpdateInboxRequest");

export const toV0Inbox = (inbox: Inbox): Record<string, unknown> =>
  present({
    organization_id: inbox.organizationId,
    pod_id: inbox.podId,
    inbox_id: inbox.address,
    email: inbox.address,
    display_name: inbox.displayName,
    client_id: inbox.clientId,
    metadata: inbox.metadata,
    updated_at: inbox.updatedAt.toISOString(),
    created_at: inbox.createdAt.toISOString(),
  });
