/** Limits for tests that are not about them. */
import type { MailLimits } from "../../src/domain/door/mail-limits.ts";

const none = Number.POSITIVE_INFINITY;

/** Those of an installation without settings, but for the bytes of one message. */
export const hardlyLimited: MailLimits = {
  attachmentBytes: none,
  attachmentCount: 1000,
  attachmentTypes: [],
  messageBytes: none,
  storageBytes: none,
  receivedPerDay: none,
  sentPerMinute: none,
  sentPerFiveMinutes: none,
  sentPerHour: none,
  sentPerDay: none,
  sentPerThirtyDays: none,
  recipientsPerMessage: 50,
  newRecipientsPerDay: none,
  inboxRetentionDays: none,
  spamRetentionDays: none,
};
