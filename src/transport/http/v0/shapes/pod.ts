import { z } from "@hono/zod-openapi";
import { MAX_NAME_LENGTH } from "../../../../domain/limits.ts";
import type { Pod } from "../../../../domain/tenancy/pods/index.ts";
import { pausedStatus, present, statusOf, wire } from "./common.ts";
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
    status: pausedStatus.optional().openapi({
      description:
        "`paused` while the pod is paused: none of its inboxes sends or receives. Absent otherwise.",
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

export const toV0Pod = (pod: Pod): Record<string, unknown> =>
  present({
    ...wire(pod, ["organizationId"]),
    pod_id: pod.id,
    ...wire(pod, ["name", "clientId"]),
    status: statusOf(pod),
    ...wire(pod, ["updatedAt", "createdAt"]),
  });
