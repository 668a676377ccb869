/** Limits under the names that a policy has for them (nylas 4.1). Those of windows other than a day are this server's own. */
import { type LimitName, limitNames } from "../../../domain/door/mail-limits.ts";

/** Every one names the same cap; where several are given and differ, the first of these that is given counts. */
export const dailySendNames = [
  "limit_count_daily_email_sent",
  "limit_count_daily_message_sent",
  "limit_count_daily_message_per_grant",
] as const;

export const wireLimits = {
  attachmentBytes: "limit_attachment_size_limit",
  attachmentCount: "limit_attachment_count_limit",
  messageBytes: "limit_size_total_mime",
  storageBytes: "limit_storage_total",
  receivedPerDay: "limit_count_daily_message_received",
  sentPerMinute: "limit_count_minute_message_sent",
  sentPerFiveMinutes: "limit_count_five_minutes_message_sent",
  sentPerHour: "limit_count_hourly_message_sent",
  sentPerDay: dailySendNames[0],
  sentPerThirtyDays: "limit_count_thirty_days_message_sent",
  recipientsPerMessage: "limit_count_recipients_per_message",
  newRecipientsPerDay: "limit_count_daily_new_recipients",
  inboxRetentionDays: "limit_inbox_retention_period",
  spamRetentionDays: "limit_spam_retention_period",
} as const satisfies Readonly<Record<LimitName, string>>;

export const ATTACHMENT_TYPES = "limit_attachment_allowed_types";

/** A resource that a limit bounds, as errors name it. */
export function wireResource(resource: string): string {
  const limit = limitNames.find((name) => name === resource);
  return limit === undefined ? resource : wireLimits[limit];
}

/** Where requests have the limits of an operation's input. */
export const limitFields: Readonly<Record<string, readonly string[]>> = Object.fromEntries([
  ...limitNames.map((name) => [`limits.${name}`, ["limits", wireLimits[name]]]),
  ["limits.attachmentTypes", ["limits", ATTACHMENT_TYPES]],
]);

/** The same of a policy that a request holds whole. */
export const limitFieldsIn = (policy: string): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(Object.entries(limitFields).map(([name, path]) => [name, [policy, ...path]]));
