import { z } from "@hono/zod-openapi";
import type {
  DescribedDomain,
  Domain,
  VerificationRecord,
} from "../../../../domain/tenancy/domains/index.ts";
import { present, timestamp, wire } from "./common.ts";
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

const inboundEnabled = z.boolean().openapi({
  description:
    "False when the domain only sends: its MX record is not among those to publish, and mail to its inboxes is refused.",
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
  inbound_enabled: inboundEnabled,
  trusted: z.literal(true).optional().openapi({
    description: "The operator vouches for it, whatever its records say; absent otherwise.",
  }),
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
  inbound_enabled: true,
  updated_at: sample.at,
  created_at: sample.at,
} as const;

const recordSample = {
  type: "MX",
  name: sample.domain,
  value: "mx.example.net",
  status: "MISSING",
  priority: 10,
  purpose: "mx",
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
      description:
        "VALID when the record was found as it is listed here; INVALID when another one is there; MISSING until it is found.",
    }),
    priority: z.int().optional().openapi({
      description: "The preference of an MX record; absent for others.",
      example: 10,
    }),
    reason: z.enum(["duplicate_records", "value_mismatch"]).optional().openapi({
      description: "Why it is INVALID; absent otherwise.",
      example: "value_mismatch",
    }),
    required: z.literal(false).optional().openapi({
      description:
        "False for the record of a DKIM key that does not sign yet, or signs no more: the domain is verified without it. Keep the latter until it is not listed any more.",
    }),
    purpose: z.enum(["dkim", "spf", "dmarc", "mx", "return-path", "wildcard", "tracking"]).openapi({
      description: "What it is for.",
      example: "mx",
    }),
    found: z.array(z.string()).optional().openapi({
      description: "What is published there; absent when nothing is, or it was not looked up yet.",
    }),
    since: timestamp.optional().openapi({ description: "When it came to its status.", example: sample.at }),
    checked_at: timestamp
      .optional()
      .openapi({ description: "When it was last looked up.", example: sample.at }),
    problem: z.string().optional().openapi({
      description: "Why the last look-up had no answer; what is said here is then of one before.",
      example: "no name server answered in time",
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
        "NOT_STARTED until its records were looked up first. Then VERIFIED when all are there; PENDING when some are missing, INVALID when some are others; VERIFYING when some could not be looked up and the rest are right; FAILED when all are there and another tenant of this server has the name verified. A verified domain whose switch asks for one more record is PENDING until that is there, and goes on sending and receiving. One that breaks stays VERIFIED until it was found broken for two days.",
    }),
    reason: z.string().optional().openapi({
      description:
        "Why it is not verified: dns_records_missing, dns_records_invalid, dns_lookup_failed or verified_elsewhere; absent otherwise.",
      example: "dns_records_missing",
    }),
    checked_at: timestamp.optional().openapi({
      description: "When its records were last looked up.",
      example: sample.at,
    }),
    next_check_at: timestamp.optional().openapi({
      description: "When they are looked up next; absent when they are only looked up on request.",
      example: sample.at,
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
  inbound_enabled: inboundEnabled.optional(),
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
    inbound_enabled: switches.inbound_enabled.openapi({
      description: "Take mail to the domain; true when absent. False: it only sends, and needs no MX record.",
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
    ...wire(domain, ["domain", "feedbackEnabled", "subdomainsEnabled", "trackingEnabled", "inboundEnabled"]),
    trusted: domain.trustedAt === null ? undefined : true,
    ...wire(domain, ["clientId", "updatedAt", "createdAt"]),
  });

const toV0Record = ({ check, ...record }: VerificationRecord): Record<string, unknown> =>
  present({
    ...wire(record, ["type", "name", "value", "status", "priority", "reason"]),
    required: record.isRequired ? undefined : false,
    purpose: record.role,
    found: check === null || check.found.length === 0 ? undefined : check.found,
    since: check?.since,
    checked_at: check?.at,
    problem: check?.problem,
  });

const reasons: Partial<Readonly<Record<DescribedDomain["status"], string>>> = {
  PENDING: "dns_records_missing",
  INVALID: "dns_records_invalid",
  VERIFYING: "dns_lookup_failed",
  FAILED: "verified_elsewhere",
};

export const toV0Domain = ({ domain, status, records }: DescribedDomain): Record<string, unknown> =>
  present({
    ...toV0DomainItem(domain),
    status,
    reason: reasons[status],
    ...wire(domain, ["checkedAt", "nextCheckAt"]),
    records: records.map(toV0Record),
  });

export const v0SetupLink = z
  .object({
    supported: z.boolean().openapi({ description: "False: no provider is told by a link here." }),
  })
  .openapi("GetSetupLinkResponse", { title: "Link that sets records", example: { supported: false } });
