import { z } from "@hono/zod-openapi";
import type {
  DescribedDomain,
  Domain,
  VerificationRecord,
} from "../../../../domain/tenancy/domains/index.ts";
import { present, wire } from "./common.ts";
import { clientId, createdAt, newClientId, organizationId, podId, updatedAt } from "./fields.ts";
import { sample } from "./sample.ts";

const feedbackEnabled = z.boolean().openapi({
  description: "True when bounces and complaints are delivered to webhooks.",
});
const subdomainsEnabled = z.boolean().openapi({
  description: "True when inboxes may be created on names below the domain; adds a wildcard MX record.",
});
const trackingEnabled = z.boolean().openapi({
  description:
    "True when the record for tracked links is among those to publish. Nothing is tracked in this version.",
});

const itemFields = {
  organization_id: organizationId,
  pod_id: podId.optional().openapi({
    description: "The pod whose inboxes may use it; absent for a domain of the whole organization.",
  }),
  domain_id: z.string().openapi({
    description: "The domain's id, which is its name in lower case; unique on this server.",
    example: sample.domain,
  }),
  domain: z.string().openapi({ description: "The name; the same as domain_id.", example: sample.domain }),
  feedback_enabled: feedbackEnabled,
  subdomains_enabled: subdomainsEnabled,
  tracking_enabled: trackingEnabled,
  client_id: clientId.optional().openapi({ example: "domain-of-tenant-42" }),
  updated_at: updatedAt,
  created_at: createdAt,
};

const itemSample = {
  organization_id: sample.organizationId,
  pod_id: sample.podId,
  domain_id: sample.domain,
  domain: sample.domain,
  feedback_enabled: true,
  subdomains_enabled: false,
  tracking_enabled: false,
  updated_at: sample.at,
  created_at: sample.at,
} as const;

const recordSample = {
  type: "MX",
  name: sample.domain,
  value: "mx.example.net",
  status: "MISSING",
  priority: 10,
} as const;

const v0Record = z
  .object({
    type: z.enum(["TXT", "CNAME", "MX"]).openapi({ description: "The record's type." }),
    name: z.string().openapi({
      description: "Where to publish it: fully qualified, without the dot at the end.",
      example: sample.domain,
    }),
    value: z.string().openapi({ description: "What to publish there.", example: "mx.example.net" }),
    status: z.enum(["MISSING", "INVALID", "VALID"]).openapi({
      description: "VALID when the domain is verified. MISSING until then.",
    }),
    priority: z.int().optional().openapi({
      description: "The preference of an MX record; absent for others.",
      example: 10,
    }),
  })
  .openapi("VerificationRecord", { title: "DNS record to publish", example: recordSample });

export const v0DomainItem = z.object(itemFields).openapi("DomainItem", {
  title: "Domain in a list",
  description: "A domain without its status and its records.",
  example: itemSample,
});

export const v0Domain = z
  .object({
    ...itemFields,
    status: z.enum(["NOT_STARTED", "PENDING", "INVALID", "FAILED", "VERIFYING", "VERIFIED"]).openapi({
      description:
        "NOT_STARTED until verification is requested, PENDING from then on. Only a VERIFIED domain can have inboxes. This version does not look records up yet, so no domain becomes verified.",
    }),
    reason: z.string().optional().openapi({
      description: "Why it is not verified: dns_records_missing while it is PENDING; absent otherwise.",
      example: "dns_records_missing",
    }),
    records: z.array(v0Record).openapi({
      description: "The records to publish: DKIM key, SPF, DMARC and MX, and those that the switches add.",
    }),
  })
  .openapi("Domain", {
    title: "Domain",
    description: "A domain whose mail is received here once it is verified.",
    example: {
      ...itemSample,
      status: "PENDING",
      reason: "dns_records_missing",
      records: [recordSample],
    },
  });

const switches = {
  feedback_enabled: feedbackEnabled.optional(),
  subdomains_enabled: subdomainsEnabled.optional(),
  tracking_enabled: trackingEnabled.optional(),
};

export const createDomainBody = z
  .object({
    domain: z.string().openapi({
      description:
        "The name, in any case; other scripts in their xn-- form. Not a public suffix such as co.uk.",
      example: sample.domain,
    }),
    feedback_enabled: switches.feedback_enabled.openapi({
      description: "Deliver bounces and complaints to webhooks; true when absent.",
    }),
    subdomains_enabled: switches.subdomains_enabled.openapi({
      description: "Allow inboxes on names below the domain; false when absent.",
    }),
    tracking_enabled: switches.tracking_enabled.openapi({
      description: "List the record for tracked links too; false when absent.",
    }),
    client_id: newClientId("domain", "the pod, or the organization for a domain of all of it")
      .optional()
      .openapi({ example: "domain-of-tenant-42" }),
    allow_conflicting_provider: z.boolean().optional().openapi({
      description: "Accepted and ignored: whether another provider has the domain's mail is not looked up.",
    }),
  })
  .openapi("CreateDomainRequest", {
    title: "Domain to register",
    example: { domain: sample.domain, subdomains_enabled: true },
  });

export const updateDomainBody = z.object(switches).openapi("UpdateDomainRequest", {
  title: "Changes of a domain",
  description: "One switch at least; those left out are unchanged.",
  example: { subdomains_enabled: true },
});

export const toV0DomainItem = (domain: Domain): Record<string, unknown> =>
  present({
    ...wire(domain, ["organizationId", "podId"]),
    domain_id: domain.domain,
    ...wire(domain, ["domain", "feedbackEnabled", "subdomainsEnabled", "trackingEnabled"]),
    ...wire(domain, ["clientId", "updatedAt", "createdAt"]),
  });

const toV0Record = (record: VerificationRecord): Record<string, unknown> =>
  present(wire(record, ["type", "name", "value", "status", "priority"]));

export const toV0Domain = ({ domain, records }: DescribedDomain): Record<string, unknown> =>
  present({
    ...toV0DomainItem(domain),
    status: domain.status,
    reason: domain.status === "PENDING" ? "dns_records_missing" : undefined,
    records: records.map(toV0Record),
  });
