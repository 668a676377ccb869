/** Policies (nylas 3.5, 4.1). */
import { z } from "@hono/zod-openapi";
import { type LimitName, limitNames } from "../../../../domain/door/mail-limits.ts";
import type { CreatePolicy, Policy, SetLimits } from "../../../../domain/guardrails/policies/index.ts";
import { ATTACHMENT_TYPES, dailySendNames, wireLimits } from "../limit-names.ts";
import { present, seconds, wire } from "./common.ts";
import { sample } from "./sample.ts";

const UNLIMITED = -1;

const orUnlimited = " -1: no limit.";

/** What each limit bounds. */
const meanings: Readonly<Record<LimitName, string>> = {
  attachmentBytes: "Bytes of one attachment, received or sent.",
  attachmentCount: "Attachments of one message, received or sent.",
  messageBytes: "Bytes of one message, received or sent.",
  storageBytes: `Bytes of mail that an account may hold.${orUnlimited}`,
  receivedPerDay: `Messages that an account may receive on a day (UTC).${orUnlimited}`,
  sentPerMinute: `Messages that an account may send in any minute.${orUnlimited}`,
  sentPerFiveMinutes: `Messages that an account may send in any five minutes.${orUnlimited}`,
  sentPerHour: `Messages that an account may send in any hour.${orUnlimited}`,
  sentPerDay: `Messages that an account may send on a day (UTC).${orUnlimited}`,
  sentPerThirtyDays: `Messages that an account may send in any 30 days.${orUnlimited}`,
  recipientsPerMessage: "Recipients of one message.",
  newRecipientsPerDay: `Recipients that an account may write to for the first time on a day (UTC).${orUnlimited}`,
  inboxRetentionDays: "Days that mail is kept before it is deleted. -1: until somebody deletes it.",
  spamRetentionDays: "Days that junk and trash are kept; fewer than other mail. -1: as long as that.",
};

const namesOf = (name: LimitName): readonly string[] =>
  name === "sentPerDay" ? dailySendNames : [wireLimits[name]];

const limitShape = <Schema extends z.ZodType>(number: (description: string) => Schema) =>
  Object.fromEntries(
    limitNames.flatMap((name) => namesOf(name).map((wireName) => [wireName, number(meanings[name])])),
  );

const types = z.array(z.string()).openapi({
  description: "Media types that attachments may have, of which the subtype may be `*`. Empty: all.",
  example: ["image/*", "application/pdf"],
});

const limits = z.object({
  ...limitShape((description) => z.int().openapi({ description, example: 500 })),
  [ATTACHMENT_TYPES]: types,
});

const givenLimits = z
  .strictObject({
    ...limitShape((description) =>
      z
        .int()
        .min(UNLIMITED)
        .nullable()
        .optional()
        .openapi({
          description: `${description} null: the server's maximum.`,
          type: "integer",
          example: 500,
        }),
    ),
    [ATTACHMENT_TYPES]: types.nullable().optional(),
  })
  .openapi("PolicyLimitsRequest", {
    title: "Limits to set",
    description:
      "Each that is given replaces its own; one that is left out of a new policy is the server's maximum.",
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

function fromLimits(given: z.infer<typeof givenLimits>): Partial<SetLimits> {
  const { [ATTACHMENT_TYPES]: attachmentTypes } = given;
  // Cast: every key but that of the types has a number or null.
  const numbers = given as Readonly<Record<string, number | null | undefined>>;
  const set = limitNames.flatMap((name) => {
    const wireName = namesOf(name).find((one) => numbers[one] !== undefined);
    return wireName === undefined ? [] : [[name, numbers[wireName]]];
  });
  return { ...Object.fromEntries(set), ...(attachmentTypes !== undefined && { attachmentTypes }) };
}

export function toPolicy(one: Policy): Record<string, unknown> {
  const { additionalFolders, useCidrAliasing } = one.options;
  const numbers = limitNames.flatMap((name) => {
    const value = Number.isFinite(one.limits[name]) ? one.limits[name] : UNLIMITED;
    return namesOf(name).map((wireName) => [wireName, value]);
  });
  return {
    ...wire(one, ["id", "name"]),
    application_id: one.organizationId,
    organization_id: one.organizationId,
    limits: { ...Object.fromEntries(numbers), [ATTACHMENT_TYPES]: one.limits.attachmentTypes },
    options: present({ additional_folders: additionalFolders, use_cidr_aliasing: useCidrAliasing }),
    spam_detection: wire(one.spamDetection, ["useListDnsbl", "useHeaderAnomalyDetection", "spamSensitivity"]),
    rules: [],
    ...wire(one, ["createdAt", "updatedAt"]),
  };
}
