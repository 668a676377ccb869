import { z } from "@hono/zod-openapi";
import { MAX_NAME_LENGTH } from "../../../../domain/limits.ts";
import type { Pod } from "../../../../domain/tenancy/pods/index.ts";
import { moment, present, statusOf, timestamp, wire } from "./common.ts";
import { clientId, createdAt, newClientId, organizationId, podId, updatedAt } from "./fields.ts";
import { sample } from "./sample.ts";

export const v0Pod = z
  .object({
    organization_id: organizationId,
    pod_id: podId.openapi({
      description: "The pod's id. The Default Pod, which always exists, has the organization's.",
    }),
    name: z.string().openapi({ description: "Display name.", example: "Tenant 42" }),
    client_id: clientId.optional().openapi({ example: sample.podClientId }),
    status: z.enum(["paused", "suspended"]).optional().openapi({
      description:
        "`paused` while the pod is paused: none of its inboxes sends or receives. `suspended`: its keys are dead besides, and mail to it is rejected permanently. Absent otherwise.",
      example: "suspended",
    }),
    suspended_at: timestamp
      .optional()
      .openapi({ description: "Since when it is suspended; absent when it is not.", example: sample.later }),
    delete_after: timestamp.optional().openapi({
      description: "From when on it is deleted, with all that it holds; absent when it is not to be.",
      example: sample.later,
    }),
    updated_at: updatedAt,
    created_at: createdAt,
  })
  .openapi("Pod", {
    title: "Pod",
    description: "One tenant: no key of another pod can see what it holds.",
    example: {
      organization_id: sample.organizationId,
      pod_id: sample.podId,
      name: "Tenant 42",
      client_id: sample.podClientId,
      updated_at: sample.at,
      created_at: sample.at,
    },
  });

export const createPodBody = z
  .object({
    name: z
      .string()
      .optional()
      .openapi({
        description: `Display name: 1 to ${MAX_NAME_LENGTH} characters on one line; "My Pod" when absent. It need not be unique.`,
        minLength: 1,
        maxLength: MAX_NAME_LENGTH,
        example: "Tenant 42",
      }),
    client_id: newClientId("pod", "the organization").optional().openapi({ example: sample.podClientId }),
  })
  .openapi("CreatePodRequest", {
    title: "Pod to create",
    description: "Every field may be left out.",
    example: { name: "Tenant 42", client_id: sample.podClientId },
  });

export const updatePodBody = z
  .object({
    name: z.string().openapi({
      description: `Display name: 1 to ${MAX_NAME_LENGTH} characters on one line. It need not be unique.`,
      minLength: 1,
      maxLength: MAX_NAME_LENGTH,
      example: "Tenant 42",
    }),
  })
  .openapi("UpdatePodRequest", { title: "Changes of a pod", example: { name: "Tenant 42" } });

export const suspendPodBody = z
  .object({
    delete_after: moment.optional().openapi({
      description:
        "From when on the pod is deleted, with all that it holds: ISO 8601 with Z or an offset, not in the past. Absent or null: it stays until somebody deletes it.",
      example: sample.later,
    }),
  })
  .openapi("SuspendPodRequest", { title: "Suspension of a pod", example: { delete_after: sample.ahead } });

export const toV0Pod = (pod: Pod): Record<string, unknown> =>
  present({
    ...wire(pod, ["organizationId"]),
    pod_id: pod.id,
    ...wire(pod, ["name", "clientId"]),
    status: pod.suspendedAt === null ? statusOf(pod) : "suspended",
    ...wire(pod, ["suspendedAt", "deleteAfter"]),
    ...wire(pod, ["updatedAt", "createdAt"]),
  });
