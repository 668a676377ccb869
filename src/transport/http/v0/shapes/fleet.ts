/** What the fleet's routes take. What they answer with is in fleet-lines.ts. */
import { z } from "@hono/zod-openapi";
import { MAX_FLEET_SLUGS, MAX_FLEET_TENANTS } from "../../../../domain/fleet/plans/index.ts";
import { bodyList } from "./common.ts";
import { sample } from "./sample.ts";

const slug = z.string().openapi({ description: "Slug of a tenant.", example: "acme" });

const options = {
  targets: bodyList(slug, {
    description: `Only these tenants of the document, and with prune only these of those that left it; ${MAX_FLEET_SLUGS} at most. All when absent.`,
    maxItems: MAX_FLEET_SLUGS,
  }).optional(),
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

const documentSample = {
  version: 1,
  defaults: { inboxes: [{ role: "support", address: "support-{tenant}@rookery.localhost" }] },
  tenants: [{ slug: "acme" }],
};

/** Read by its own schema, which is published: it says the same of a file. */
const document = z.record(z.string(), z.unknown()).openapi({
  description:
    "The desired state: `version` 1, `tenants`, and what they share. Its JSON Schema is /schemas/fleet.json. What it does not mention is neither set nor compared.",
  example: documentSample,
});

export const planFleetBody = z.object({ document, ...options }).openapi("PlanFleetRequest", {
  title: "Desired state of a fleet",
  example: { document: documentSample },
});

/** Exactly one of document and plan_id; options go with a document. */
export const applyFleetBody = z
  .object({
    plan_id: z.uuid().optional().openapi({
      description: "A plan to apply as it is: refused when it would change anything else by now.",
      example: sample.podId,
    }),
    document: document.optional(),
    ...options,
  })
  .openapi("ApplyFleetRequest", {
    title: "Desired state of a fleet, or a plan",
    example: { document: documentSample },
  });

export const receiptBody = z
  .object({
    receipt_id: z.uuid().openapi({ description: "Of a receipt line of an apply.", example: sample.podId }),
  })
  .openapi("ConfirmSecretsRequest", {
    title: "Receipt of secrets",
    example: { receipt_id: sample.podId },
  });

export const receiptAnswer = z
  .object({
    confirmed: z.int().openapi({ description: "Keys that count as received from now on.", example: 500 }),
  })
  .openapi("ConfirmSecretsResponse", { title: "Secrets confirmed" });

export const offboardBody = z
  .object({
    tenants: bodyList(slug, {
      description: `Slugs of the tenants to remove, 1 to ${MAX_FLEET_SLUGS}.`,
      minItems: 1,
      maxItems: MAX_FLEET_SLUGS,
    }),
    grace_days: z.int().min(0).max(3650).optional().openapi({
      description: "Days until a suspended tenant is deleted; 30 when absent.",
      example: 30,
    }),
    now: z.boolean().optional().openapi({ description: "Delete them at once, with their mail." }),
  })
  .openapi("OffboardTenantsRequest", {
    title: "Tenants to remove",
    example: { tenants: ["acme"], grace_days: 30 },
  });

export const statusQuery = z.object({
  plan_id: z.uuid().optional().openapi({
    description: "Compare with the document of this plan; with the one applied last when absent.",
    example: sample.podId,
  }),
});
