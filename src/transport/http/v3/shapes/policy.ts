/** Policies (nylas 3.5, 4.1). */
import { z } from "@hono/zod-openapi";
import { limitNames } from "../../../../domain/door/mail-limits.ts";
import { type CreatePolicy, type Policy, UNLIMITED } from "../../../../domain/guardrails/policies/index.ts";
import { MAX_FOOTER_LENGTH } from "../../../../domain/guardrails/policies/limits.ts";
import { ATTACHMENT_TYPES } from "../../dialect/limit-names.ts";
import {
  attachmentTypes,
  fromLimits,
  givenLimits,
  limitShape,
  namesOf,
} from "../../dialect/policy-limits.ts";
import { present, seconds, wire } from "./common.ts";
import { sample } from "./sample.ts";

const limits = z.object({
  ...limitShape((description) => z.int().openapi({ description, example: 500 })),
  [ATTACHMENT_TYPES]: attachmentTypes,
});

const spamFields = {
  use_list_dnsbl: z
    .boolean()
    .openapi({ description: "Look senders up in block lists of the DNS.", example: false }),
  use_header_anomaly_detection: z.boolean().openapi({ description: "Look for odd headers.", example: false }),
  spam_sensitivity: z
    .number()
    .openapi({ description: "0.1 to 5; a higher one takes more mail for spam.", example: 1 }),
};

const options = z.object({
  additional_folders: z
    .array(z.string())
    .optional()
    .openapi({ description: "Folders that every account is to have.", example: ["Leads"] }),
  use_cidr_aliasing: z.boolean().optional().openapi({ description: "Kept as it is.", example: false }),
  ai_header: z.boolean().optional().openapi({
    description: "This server's own: mail has the field AI-Disclosure, which says that an AI wrote it.",
    example: true,
  }),
  ai_footer: z
    .string()
    .optional()
    .openapi({
      description: `This server's own: a text of ${MAX_FOOTER_LENGTH} characters at most that stands at the end of each mail, in text and HTML, such as that an AI wrote it. Mail that a client submits by SMTP stays as it is.`,
      example: "Written by an AI assistant.",
    }),
});

const rules = z
  .array(z.string())
  .openapi({ description: "Always empty: rules are attached to workspaces.", example: [] });

const name = z.string().openapi({ description: "1 to 256 characters on one line.", example: "Standard" });

export const policy = z
  .object({
    id: z.uuid().openapi({ description: "Its id.", example: sample.id }),
    name,
    application_id: z.uuid().openapi({ description: "The application.", example: sample.applicationId }),
    organization_id: z.uuid().openapi({ description: "The same.", example: sample.applicationId }),
    limits: limits.openapi({ description: "What holds: as it is set, within the server's maxima." }),
    options,
    spam_detection: z.object(spamFields),
    rules,
    created_at: seconds("When it was created."),
    updated_at: seconds("When it last changed."),
  })
  .openapi("Policy", { title: "Policy" });

const fields = {
  limits: givenLimits.optional(),
  options: options.optional(),
  spam_detection: z.strictObject(spamFields).partial().optional(),
  rules: rules.optional().openapi({ description: "Not used: rules are attached to workspaces." }),
};

export const createPolicyBody = z
  .object({ name, ...fields })
  .openapi("CreatePolicyRequest", { title: "Policy to create" });
export const updatePolicyBody = z
  .object({ name: name.optional(), ...fields })
  .openapi("UpdatePolicyRequest", { title: "Change of a policy" });

type Given = Omit<z.infer<typeof updatePolicyBody>, "name">;

/** The fields of a request beside the name. */
export function fromPolicyBody({
  limits: given,
  options: chosen,
  spam_detection: spam,
}: Given): Omit<CreatePolicy, "name"> {
  return {
    ...(given && { limits: fromLimits(given) }),
    ...(chosen && {
      options: {
        ...(chosen.additional_folders && { additionalFolders: chosen.additional_folders }),
        ...(chosen.use_cidr_aliasing !== undefined && { useCidrAliasing: chosen.use_cidr_aliasing }),
        ...(chosen.ai_header !== undefined && { aiHeader: chosen.ai_header }),
        ...(chosen.ai_footer !== undefined && { aiFooter: chosen.ai_footer }),
      },
    }),
    ...(spam && {
      spamDetection: {
        ...(spam.use_list_dnsbl !== undefined && { useListDnsbl: spam.use_list_dnsbl }),
        ...(spam.use_header_anomaly_detection !== undefined && {
          useHeaderAnomalyDetection: spam.use_header_anomaly_detection,
        }),
        ...(spam.spam_sensitivity !== undefined && { spamSensitivity: spam.spam_sensitivity }),
      },
    }),
  };
}

export function toPolicy(one: Policy): Record<string, unknown> {
  const { additionalFolders, useCidrAliasing, aiHeader, aiFooter } = one.options;
  const numbers = limitNames.flatMap((name) => {
    const value = Number.isFinite(one.limits[name]) ? one.limits[name] : UNLIMITED;
    return namesOf(name).map((wireName) => [wireName, value]);
  });
  return {
    ...wire(one, ["id", "name"]),
    application_id: one.organizationId,
    organization_id: one.organizationId,
    limits: { ...Object.fromEntries(numbers), [ATTACHMENT_TYPES]: one.limits.attachmentTypes },
    options: present({
      additional_folders: additionalFolders,
      use_cidr_aliasing: useCidrAliasing,
      ai_header: aiHeader,
      ai_footer: aiFooter,
    }),
    spam_detection: wire(one.spamDetection, ["useListDnsbl", "useHeaderAnomalyDetection", "spamSensitivity"]),
    rules: [],
    ...wire(one, ["createdAt", "updatedAt"]),
  };
}
