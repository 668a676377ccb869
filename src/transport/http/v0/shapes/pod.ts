import { z } from "@hono/zod-openapi";
import type { Pod } from "../../../../domain/pods/index.ts";
import { present, timestamp } from "./common.ts";

export const v0Pod = z
  .object({
    organization_id: z.uuid(),
    pod_id: z.uuid(),
    name: z.string(),
    client_id: z.string().optional(),
    updated_at: timestamp,
    created_at: timestamp,
  })
  .openapi("Pod");

export const createPodBody = z
  .object({ name: z.string().optional(), client_id: z.string().optional() })
  .openapi("CreatePodRequest");

export const toV0Pod = (pod: Pod): Record<string, unknown> =>
  present({
    organization_id: pod.organizationId,
    pod_id: pod.id,
    name: pod.name,
    client_id: pod.clientId,
    updated_at: pod.updatedAt.toISOString(),
    created_at: pod.createdAt.toISOString(),
  });
