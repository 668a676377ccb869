/** Managed domains, and which record each kind of verification asks for (nylas 3.9). */
import { z } from "@hono/zod-openapi";
import type {
  DescribedDomain,
  Domain,
  VerificationRecord,
} from "../../../../domain/tenancy/domains/index.ts";
import { seconds, unixSeconds, wire } from "./common.ts";
import { sample } from "./sample.ts";

const verified = (what: string) =>
  z.boolean().openapi({ description: `Whether ${what} was found.`, example: false });

export const domain = z
  .object({
    id: z.uuid().openapi({ description: "Its id.", example: sample.id }),
    name: z.string().openapi({ description: "What people call it.", example: "Agents" }),
    branded: z.boolean().openapi({ description: "Always false.", example: false }),
    domain_address: z.string().openapi({ description: "The domain, in lower case.", example: sample.domain }),
    organization_id: z.uuid().openapi({ description: "The application.", example: sample.applicationId }),
    region: z.string().openapi({ description: "Always us.", example: "us" }),
    verified_ownership: verified("the record that proves whose it is"),
    verified_dkim: verified("the DKIM key"),
    verified_spf: verified("the SPF record"),
    verified_mx: verified("the MX record"),
    verified_feedback: verified("the MX record of bounces"),
    verified_dmarc: verified("the DMARC record"),
    verified_arc: z.boolean().openapi({ description: "Always false.", example: false }),
    created_at: seconds("When it was created."),
    updated_at: seconds("When it last changed."),
  })
  .openapi("ManagedDomain", { title: "Managed domain" });

const name = z
  .string()
  .openapi({ description: "What people call it: 1 to 256 characters on one line.", example: "Agents" });

export const createDomainBody = z
  .object({
    name,
    domain_address: z.string().openapi({ description: "The domain.", example: sample.domain }),
  })
  .openapi("CreateManagedDomainRequest", { title: "Managed domain to create" });

export const updateDomainBody = z
  .object({ name: name.optional() })
  .openapi("UpdateManagedDomainRequest", { title: "Change of a managed domain" });

const verificationTypes = ["ownership", "mx", "spf", "dkim", "feedback"] as const;
type VerificationType = (typeof verificationTypes)[number];

const verificationType = z.enum(verificationTypes).openapi({ description: "Which record.", example: "dkim" });

export const verificationBody = z
  .object({ type: verificationType })
  .openapi("DomainVerificationRequest", { title: "Which record of a domain" });

export const verification = z
  .object({
    domain_id: z.uuid().openapi({ description: "The domain's id.", example: sample.id }),
    attempt: z.object({
      type: verificationType,
      options: z.object({
        host: z.string().openapi({ description: "@, or the labels before the domain.", example: "mail" }),
        type: z.string().openapi({ description: "Type of the DNS record.", example: "TXT" }),
        value: z.string().openapi({ description: "Its text; of an MX record with the preference." }),
      }),
    }),
    status: z.enum(["pending", "done", "failed"]).openapi({
      description: "done when it was found; failed when another one is there.",
      example: "pending",
    }),
    created_at: seconds("When the domain was created."),
    message: z.string().openapi({ description: "What to do." }),
  })
  .openapi("DomainVerification", { title: "A record of a domain" });

/** What each type of verification looks at. Who can publish the DKIM key owns the domain. */
const roles = {
  ownership: "dkim",
  dkim: "dkim",
  spf: "spf",
  mx: "mx",
  feedback: "return-path",
} as const satisfies Readonly<Record<VerificationType, VerificationRecord["role"]>>;

/** Flags of a domain that is trusted are all true: nothing has to be published for it. */
export function toDomain(one: Domain): Record<string, unknown> {
  const isFound = (wanted: VerificationRecord["role"]): boolean => {
    const checks = one.checks.filter(({ role, isRequired }) => role === wanted && isRequired);
    return one.trustedAt !== null || (checks.length > 0 && checks.every(({ status }) => status === "VALID"));
  };
  return {
    id: one.id,
    name: one.name ?? one.domain,
    branded: false,
    domain_address: one.domain,
    organization_id: one.organizationId,
    region: "us",
    verified_ownership: isFound(roles.ownership),
    verified_dkim: isFound(roles.dkim),
    verified_spf: isFound(roles.spf),
    verified_mx: isFound(roles.mx),
    verified_feedback: isFound(roles.feedback),
    verified_dmarc: isFound("dmarc"),
    verified_arc: false,
    ...wire(one, ["createdAt", "updatedAt"]),
  };
}

/** Of several keys one that is not found yet is what is to be published next. */
export function toVerification(
  { domain: one, records }: DescribedDomain,
  type: VerificationType,
): Record<string, unknown> {
  const own = records.filter(({ role, isRequired }) => role === roles[type] && isRequired);
  const record = own.find(({ status }) => status !== "VALID") ?? own[0];
  if (record === undefined) throw new Error(`a domain without a record of ${type}`);
  const below = record.name.slice(0, -one.domain.length - 1);
  return {
    domain_id: one.id,
    attempt: {
      type,
      options: {
        host: below === "" ? "@" : below,
        type: record.type,
        value: record.priority === undefined ? record.value : `${record.priority} ${record.value}`,
      },
    },
    status: statuses[record.status],
    created_at: unixSeconds(one.createdAt),
    message: messages[record.status],
  };
}

const statuses = { VALID: "done", INVALID: "failed", MISSING: "pending" } as const;

const messages = {
  VALID: "The record was found.",
  INVALID: "Another record is published there: put this one in its place at the domain's DNS provider.",
  MISSING: "Publish this record at the domain's DNS provider.",
} as const;
