import { z } from "@hono/zod-openapi";
import type { Organization } from "../../../../domain/organizations/index.ts";
import { present, timestamp } from "./common.ts";

export const v0Organization = z
  .object({
    organization_id: z.uuid(),
    name: z.string(),
    inbox_count: z.int(),
    domain_count: z.int(),
    updated_at: timestamp,
    created_at: timestamp,
  })
  .openapi("Organization");

export const toV0Organization = (organization: Organization): Record<string, unknown> =>
  present({
    organization_id: organization.id,
    name: organization.name,
    inbox_count: organization.inboxCount,
    domain_count: organization.domainCount,
    updated_at: organization.updatedAt.toISOString(),
    created_at: organization.createdAt.toISOString(),
  });
