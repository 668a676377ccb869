/** From what is set to what holds. */
import { type LimitName, limitNames, type MailLimits } from "../../door/mail-limits.ts";
import { type SetLimits, UNLIMITED } from "./policy.ts";

/**
 * A maximum that was lowered after the policy was written lowers what holds. Where junk has no days of its own it goes a day before
 * other mail at the latest, so that what is shown may be set again as it is (see checkRetention).
 */
export function effectiveLimits(set: SetLimits, maxima: MailLimits): MailLimits {
  const of = (name: LimitName): number => Math.min(maxima[name], numberOf(set[name]));
  // Cast: every name has its number.
  const numbers = Object.fromEntries(limitNames.map((name) => [name, of(name)])) as Record<LimitName, number>;
  const { inboxRetentionDays, spamRetentionDays } = numbers;
  return {
    ...numbers,
    spamRetentionDays:
      set.spamRetentionDays === null
        ? Math.min(spamRetentionDays, Math.max(0, inboxRetentionDays - 1))
        : spamRetentionDays,
    attachmentTypes: set.attachmentTypes ?? [],
  };
}

const numberOf = (value: number | null): number =>
  value === null || value === UNLIMITED ? Number.POSITIVE_INFINITY : value;
