/** What the fleet's routes take. What they answer with is in fleet-lines.ts. */
import { z } from "@hono/zod-openapi";
import { MAX_FLEET_SLUGS, MAX_FLEET_TENANTS } from "../../../../domain/limits.ts";
import { fleetDocument } from "../../../../protocols/fleet-file/index.ts";
import { sample } from "./sample.ts";

const slug = z.string().openapi({ description: "Slug of a tenant.", example: "acme" });

const options = {
  targets: z
    .array(slug)
    .max(MAX_FLEET_SLUGS)
    .optional()
    .openapi({
      description: `Only these tenants of the document, and with prune only these of those that left it; ${MAX_FLEET_SLUGS} at most. All when absent.`,
    }),
  prune: z.boolean().optional().openapi({
    description:
      "Whether tenants that the fleet made or adopted and that are not in the document any more are removed: suspended first, and deleted after the grace period.",
  }),
  max_delete: z.int().min(0).max(MAX_FLEET_TENANTS).optional().openapi({
    description:
      "How many tenants may be removed at most; a document that would remove more is refused. A tenth of the fleet or 10, whichever is more, when absent. Needed to prune with a document that has no tenants.",
    example: 25,
  }),
  now: z.boolean().optional().openapi({
    description: "With prune: tenants that are removed are deleted at once, with their mail.",
  }),
};

export const planFleetBody = z
  .object({ document: fleetDocument, ...options })
  .openapi("PlanFleetRequest", { title: "Desired state of a fleet" });

/** Exactly one of document and plan_id; options go with a document. */
export const applyFleetBody = z
  .object({
    plan_id: z.uuid().optional().openapi({
      description: "A plan to apply as it is: refused when it would change anything else by now.",
      example: sample.podId,
    }),
    document: fleetDocument.optional(),
    ...options,
  })
  .openapi("ApplyFleetRequest", { title: "Desired state of a fleet, or a plan" });

export const receiptBody = z
  .object({
    receipt_id: z.uuid().openapi({ description: "Of a receipt line of an apply.", example: sample.podId }),
  })
  .openapi("ConfirmSecretsRequest", { title: "Receipt of secrets" });

export const receiptAnswer = z
  .object({
    confirmed: z.int().openapi({ description: "Keys that count as received from now on.", example: 500 }),
  })
  .openapi("ConfirmSecretsResponse", { title: "Secrets confirmed" });

export const offboardBody = z
  .object({
    tenants: z
      .array(slug)
      .min(1)
      .max(MAX_FLEET_SLUGS)
      .openapi({
        description: `Slugs of the tenants to remove, 1 to ${MAX_FLEET_SLUGS}.`,
      }),
    grace_days: z.int().min(0).max(3650).optional().openapi({
      description: "Days until a suspended tenant is deleted; 30 when absent.",
      example: 30,
    }),
    now: z.boolean().optional().openapi({ description: "Delete them at once, with their mail." }),
  })
  .openapi("OffboardTenantsRequest", { title: "Tenants to remove" });

export const statusQuery = z.object({
  plan_id: z.uuid().optional().openapi({
    description: "Compare with the document of this plan; with the one applied last when absent.",
    example: sample.podId,
  }),
});
