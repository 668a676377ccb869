/** Limits of a policy as requests set them, under the same names in every API. */
import { z } from "@hono/zod-openapi";
import { type LimitName, limitNames } from "../../../domain/door/mail-limits.ts";
import { type SetLimits, UNLIMITED } from "../../../domain/guardrails/policies/index.ts";
import { ATTACHMENT_TYPES, dailySendNames, wireLimits } from "./limit-names.ts";

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

/** All names of a limit; more than one for the daily cap alone. */
export const namesOf = (name: LimitName): readonly string[] =>
  name === "sentPerDay" ? dailySendNames : [wireLimits[name]];

/** Every limit that is a number, under each of its names. */
export const limitShape = <Schema extends z.ZodType>(number: (description: string) => Schema) =>
  Object.fromEntries(
    limitNames.flatMap((name) => namesOf(name).map((wireName) => [wireName, number(meanings[name])])),
  );

export const attachmentTypes = z.array(z.string()).openapi({
  description: "Media types that attachments may have, of which the subtype may be `*`. Empty: all.",
  example: ["image/*", "application/pdf"],
});

export const givenLimits = z
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
    [ATTACHMENT_TYPES]: attachmentTypes.nullable().optional(),
  })
  .openapi("PolicyLimitsRequest", {
    title: "Limits to set",
    description:
      "Each that is given replaces its own; one that is left out of a new policy is the server's maximum.",
  });

/** Parsed limits as operations take them. */
export function fromLimits(given: z.infer<typeof givenLimits>): Partial<SetLimits> {
  const { [ATTACHMENT_TYPES]: types } = given;
  // Cast: every key but that of the types has a number or null.
  const numbers = given as Readonly<Record<string, number | null | undefined>>;
  const set = limitNames.flatMap((name) => {
    const wireName = namesOf(name).find((one) => numbers[one] !== undefined);
    return wireName === undefined ? [] : [[name, numbers[wireName]]];
  });
  return { ...Object.fromEntries(set), ...(types !== undefined && { attachmentTypes: types }) };
}
