/** Settings of what every inbox is held to, and no policy may exceed. */
import { z } from "zod";

const NONE = "-1";

const most = (accepts: string) =>
  z
    .string()
    .regex(/^(-1|\d{1,15})$/, accepts)
    .transform(Number)
    .prefault(NONE);

const count = most("it takes a whole number; -1 for no limit");
const bytes = most("it takes bytes; -1 for no limit");
const days = most("it takes days; -1 keeps it for ever");

/** One that is no limit would be none to set: these always end somewhere. */
const bounded = (highest: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `it takes a whole number, 0 to ${highest}`)
    .transform(Number)
    .pipe(z.number().max(highest, `it takes a whole number, 0 to ${highest}`))
    .prefault(String(highest));

/** As many as are read of one mail, and as may be written to with one. */
const [READ_ATTACHMENTS, RECIPIENTS] = [1000, 50];

const SENDS = "Messages that one inbox may send in";
const POLICY = "the most that a policy may allow, and what holds without one";

export const limitSettings = {
  ROOKERY_LIMIT_ATTACHMENT_BYTES: {
    takes: z
      .string()
      .regex(/^\d{1,15}$/, "it takes bytes")
      .transform(Number)
      .optional(),
    doc: `Bytes of one attachment, received or sent: ${POLICY}; absent: ROOKERY_MAX_MESSAGE_BYTES.`,
  },
  ROOKERY_LIMIT_ATTACHMENTS: {
    takes: bounded(READ_ATTACHMENTS),
    doc: "Attachments of one message, received or sent; likewise.",
  },
  ROOKERY_LIMIT_STORAGE_BYTES: {
    takes: bytes,
    doc: "Bytes of mail that one inbox may hold; likewise; -1: no limit, which every mail pays a little less for.",
  },
  ROOKERY_LIMIT_RECEIVED_PER_DAY: {
    takes: count,
    doc: "Messages that one inbox may receive on a day (UTC); likewise; -1: no limit, and nothing is counted.",
  },
  ROOKERY_LIMIT_SENT_PER_MINUTE: { takes: count, doc: `${SENDS} any minute; likewise; -1: no limit.` },
  ROOKERY_LIMIT_SENT_PER_FIVE_MINUTES: { takes: count, doc: `${SENDS} any five minutes.` },
  ROOKERY_LIMIT_SENT_PER_HOUR: { takes: count, doc: `${SENDS} any hour.` },
  ROOKERY_LIMIT_SENT_PER_DAY: { takes: count, doc: `${SENDS} a day (UTC).` },
  ROOKERY_LIMIT_SENT_PER_THIRTY_DAYS: { takes: count, doc: `${SENDS} any 30 days.` },
  ROOKERY_LIMIT_RECIPIENTS: {
    takes: bounded(RECIPIENTS),
    doc: "Recipients of one message that is sent; likewise.",
  },
  ROOKERY_LIMIT_NEW_RECIPIENTS_PER_DAY: {
    takes: count,
    doc: "Recipients that one inbox may write to for the first time on a day (UTC); likewise; -1: no limit.",
  },
  ROOKERY_LIMIT_INBOX_RETENTION_DAYS: {
    takes: days,
    doc: "Days that mail is kept, then deleted; likewise; -1: until somebody deletes it.",
  },
  ROOKERY_LIMIT_SPAM_RETENTION_DAYS: {
    takes: days,
    doc: "Days that junk and trash are kept, then deleted; likewise; -1: as long as other mail.",
  },
} as const;

/** By name, what each takes. */
type Values = {
  readonly [Key in keyof typeof limitSettings]: z.output<(typeof limitSettings)[Key]["takes"]>;
};

const numberOf = (value: number): number => (value === Number(NONE) ? Number.POSITIVE_INFINITY : value);

/** As the domain has them; Infinity: nothing bounds it. */
export type Limits = ReturnType<typeof limitsOf>;

export function limitsOf(values: Values, maxMessageBytes: number) {
  return {
    attachmentBytes: values.ROOKERY_LIMIT_ATTACHMENT_BYTES ?? maxMessageBytes,
    attachmentCount: values.ROOKERY_LIMIT_ATTACHMENTS,
    messageBytes: maxMessageBytes,
    storageBytes: numberOf(values.ROOKERY_LIMIT_STORAGE_BYTES),
    receivedPerDay: numberOf(values.ROOKERY_LIMIT_RECEIVED_PER_DAY),
    sentPerMinute: numberOf(values.ROOKERY_LIMIT_SENT_PER_MINUTE),
    sentPerFiveMinutes: numberOf(values.ROOKERY_LIMIT_SENT_PER_FIVE_MINUTES),
    sentPerHour: numberOf(values.ROOKERY_LIMIT_SENT_PER_HOUR),
    sentPerDay: numberOf(values.ROOKERY_LIMIT_SENT_PER_DAY),
    sentPerThirtyDays: numberOf(values.ROOKERY_LIMIT_SENT_PER_THIRTY_DAYS),
    recipientsPerMessage: values.ROOKERY_LIMIT_RECIPIENTS,
    newRecipientsPerDay: numberOf(values.ROOKERY_LIMIT_NEW_RECIPIENTS_PER_DAY),
    inboxRetentionDays: numberOf(values.ROOKERY_LIMIT_INBOX_RETENTION_DAYS),
    spamRetentionDays: numberOf(values.ROOKERY_LIMIT_SPAM_RETENTION_DAYS),
    attachmentTypes: [],
  };
}
