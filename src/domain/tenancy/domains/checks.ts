/** What was found of a record of a domain, as it is stored with the domain. */

export type RecordStatus = "MISSING" | "INVALID" | "VALID";

/** Why a record is INVALID. */
export type RecordReason = "duplicate_records" | "value_mismatch";

/**
 * What a record is for. `return-path`: where bounces go. `wildcard` and `tracking` are those that the switches add, without which the
 * domain works.
 */
export type RecordRole = "dkim" | "spf" | "dmarc" | "mx" | "return-path" | "wildcard" | "tracking";

/** Whether a switch adds the record, without which the domain works. */
export const isOfSwitch = ({ role }: { readonly role: RecordRole }): boolean =>
  role === "wildcard" || role === "tracking";

export interface RecordCheck {
  readonly role: RecordRole;
  /** False: the domain is verified without it. */
  readonly isRequired: boolean;
  /** `recordKey` of the record. */
  readonly record: string;
  /** As the last look-up that was answered says. */
  readonly status: RecordStatus;
  readonly reason: RecordReason | null;
  /** What is published there instead or beside, bounded. */
  readonly found: readonly string[];
  /** When it came to this status (ISO 8601). */
  readonly since: string;
  /** When it was last looked up. */
  readonly at: string;
  /** Why the last look-up was not answered; then the rest is of one before. */
  readonly problem: string | null;
}
