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
    status: z.enum(["pending", "done"]).openapi({ description: "Whether it was found.", example: "pending" }),
    created_at: seconds("When the domain was created."),
    message: z.string().openapi({ description: "What to do." }),
  })
  .openapi("DomainVerification", { title: "A record of a domain" });

/** Every flag follows from the one status that a domain has: its records are looked up together. */
export function toDomain(one: Domain): Record<string, unknown> {
  const isVerified = one.status === "VERIFIED";
  return {
    id: one.id,
    name: one.name ?? one.domain,
    branded: false,
    domain_address: one.domain,
    organization_id: one.organizationId,
    region: "us",
    verified_ownership: isVerified,
    verified_dkim: isVerified,
    verified_spf: isVerified,
    verified_mx: isVerified,
    verified_feedback: isVerified,
    verified_dmarc: isVerified,
    verified_arc: false,
    ...wire(one, ["createdAt", "updatedAt"]),
  };
}

/** The record for each type. Who can publish the DKIM key owns the domain; bounces come in through `mail.` below it. */
const isFor = (
  type: VerificationType,
  at: string,
  { type: kind, name: host }: VerificationRecord,
): boolean => {
  switch (type) {
    case "ownership":
    case "dkim":
      return host.includes("._domainkey.");
    case "spf":
      return kind === "TXT" && host === `mail.${at}`;
    case "mx":
      return kind === "MX" && host === at;
    case "feedback":
      return kind === "MX" && host === `mail.${at}`;
  }
};

export function toVerification(
  { domain: one, records }: DescribedDomain,
  type: VerificationType,
): Record<string, unknown> {
  const record = records.find((candidate) => isFor(type, one.domain, candidate));
  if (record === undefined) throw new Error(`a domain without a record of ${type}`);
  const below = record.name.slice(0, -one.domain.length - 1);
  const isDone = record.status === "VALID";
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
    status: isDone ? "done" : "pending",
    created_at: unixSeconds(one.createdAt),
    message: isDone ? "The record was found." : "Publish this record at the domain's DNS provider.",
  };
}
