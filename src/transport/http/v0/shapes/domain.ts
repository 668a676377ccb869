import { z } from "@hono/zod-openapi";
import type { DescribedDomain, Domain, VerificationRecord } from "../../../../domain/domains/index.ts";
import { present, timestamp } from "./common.ts";

const itemFields = {
  organization_id: z.uuid(),
  pod_id: z.uuid().optional().openapi({ description: "Absent: a domain of the whole organization." }),
  domain_id: z.string().openapi({ description: "The domain itself.", example: "mail.example.com" }),
  domain: z.string(),
  feedback_enabled: z.boolean(),
  subdomains_enabled: z.boolean(),
  tracking_enabled: z.boolean(),
  client_id: z.string().optional(),
  updated_at: timestamp,
  created_at: timestamp,
};

const v0Record = z
  .object({
    type: z.enum(["TXT", "CNAME", "MX"]),
    name: z.string().openapi({ description: "Fully qualified." }),
    value: z.string(),
    status: z
      .enum(["MISSING", "INVALID", "VALID"])
      .openapi({ description: "MISSING until the record was looked up and found." }),
    priority: z.int().optional(),
  })
  .openapi("VerificationRecord");

export const v0DomainItem = z.object(itemFields).openapi("DomainItem");

export const v0Domain = z
  .object({
    ...itemFields,
    status: z.enum(["NOT_STARTED", "PENDING", "INVALID", "FAILED", "VERIFYING", "VERIFIED"]),
    reason: z
      .string()
      .optional()
      .openapi({ description: "Why the domain is not verified, once it was asked to be." }),
    records: z.array(v0Record),
  })
  .openapi("Domain");

const switches = {
  feedback_enabled: z
    .boolean()
    .optional()
    .openapi({ description: "Tell bounces and complaints to webhooks; on when absent at creation." }),
  subdomains_enabled: z
    .boolean()
    .optional()
    .openapi({ description: "Allow inboxes on names below the domain." }),
  tracking_enabled: z.boolean().optional(),
};

export const createDomainBody = z
  .object({
    domain: z.string().openapi({ example: "mail.example.com" }),
    ...switches,
    client_id: z.string().optional(),
    allow_conflicting_provider: z
      .boolean()
      .optional()
      .openapi({ description: "Accepted; no conflict is looked for." }),
  })
  .openapi("CreateDomainRequest");

export const updateDomainBody = z.object(switches).openapi("UpdateDomainRequest");

export const v0SetupLink = z
  .object({
    supported: z.boolean().openapi({ description: "Always false: no provider can be set up by a link." }),
  })
  .openapi("GetSetupLinkResponse");

export const toV0DomainItem = (domain: Domain): Record<string, unknown> =>
  present({
    organization_id: domain.organizationId,
    pod_id: domain.podId,
    domain_id: domain.domain,
    domain: domain.domain,
    feedback_enabled: domain.feedbackEnabled,
    subdomains_enabled: domain.subdomainsEnabled,
    tracking_enabled: domain.trackingEnabled,
    client_id: domain.clientId,
    updated_at: domain.updatedAt.toISOString(),
    created_at: domain.createdAt.toISOString(),
  });

const toV0Record = ({ type, name, value, status, priority }: VerificationRecord): Record<string, unknown> =>
  present({ type, name, value, status, priority });

export const toV0Domain = ({ domain, records }: DescribedDomain): Record<string, unknown> =>
  present({
    ...toV0DomainItem(domain),
    status: domain.status,
    reason: domain.status === "PENDING" ? "dns_records_missing" : undefined,
    records: records.map(toV0Record),
  });
