/** When mail is too old for a policy's retention. */
import type { MailLimits } from "../../door/mail-limits.ts";
import type { Expiry } from "./rows.ts";

const DAY_MS = 24 * 3_600_000;

/** What is too old now; null: nothing is ever. */
export function expiryOf({ inboxRetentionDays, spamRetentionDays }: MailLimits, now: Date): Expiry | null {
  // Nothing was stored before 1970, and neither ids nor dates of PostgreSQL's go back as far as days may.
  const before = (days: number): Date | null => {
    const ms = now.getTime() - days * DAY_MS;
    return ms > 0 ? new Date(ms) : null;
  };
  const expiry = { storedBefore: before(inboxRetentionDays), junkBefore: before(spamRetentionDays) };
  return expiry.storedBefore === null && expiry.junkBefore === null ? null : expiry;
}
