import { z } from "@hono/zod-openapi";
import type { Organization } from "../../../../domain/tenancy/organizations/index.ts";
import { pausedStatus, present, statusOf, wire } from "./common.ts";
import { createdAt, organizationId, updatedAt } from "./fields.ts";
import { sample } from "./sample.ts";

export const v0Organization = z
  .object({
    organization_id: organizationId.openapi({
      description: "The organization's id, which is also that of its Default Pod.",
    }),
    name: z.string().openapi({ description: "Display name.", example: "Organization" }),
    inbox_count: z.int().openapi({ description: "Inboxes in all of its pods.", example: 12 }),
    domain_count: z.int().openapi({
      description: "Domains of its own and of its pods, verified or not.",
      example: 2,
    }),
    status: pausedStatus.optional().openapi({
      description:
        "`paused` while the organization is paused: none of its inboxes sends or receives. Absent otherwise.",
    }),
    updated_at: updatedAt.openapi({ description: "When its own settings last changed." }),
    created_at: createdAt,
  })
  .openapi("Organization", {
    title: "Organization",
    description: "Everything that an operator's keys can reach: pods and their contents.",
    example: {
      organization_id: sample.organizationId,
      name: "Organization",
      inbox_count: 12,
      domain_count: 2,
      updated_at: sample.at,
      created_at: sample.at,
    },
  });

export const toV0Organization = (organization: Organization): Record<string, unknown> =>
  present({
    organization_id: organization.id,
    ...wire(organization, ["name", "inboxCount", "domainCount"]),
    status: statusOf(organization),
    ...wire(organization, ["updatedAt", "createdAt"]),
  });
