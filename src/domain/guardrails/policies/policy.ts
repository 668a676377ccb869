/** A policy: limits and options that hold for the inboxes of every pod that it is attached to (nylas 4.1). */
import type { LimitName, MailLimits, SpamDetection } from "../../door/mail-limits.ts";

/** As it is set: -1, where `mayBeUnlimited` says so, is no limit, and null inherits the installation's maximum. */
export type SetLimits = Readonly<Record<LimitName, number | null>> & {
  /** Null or none: all are allowed. */
  readonly attachmentTypes: readonly string[] | null;
};

export const UNLIMITED = -1;

/** Of the others every value is a number that something here can reach. */
export const mayBeUnlimited: ReadonlySet<LimitName> = new Set<LimitName>([
  "storageBytes",
  "receivedPerDay",
  "sentPerMinute",
  "sentPerFiveMinutes",
  "sentPerHour",
  "sentPerDay",
  "sentPerThirtyDays",
  "newRecipientsPerDay",
  "inboxRetentionDays",
  "spamRetentionDays",
]);

export interface PolicyOptions {
  /** Names of folders that its inboxes are to have. */
  readonly additionalFolders?: readonly string[];
  /** Kept as it is given; nothing depends on it. */
  readonly useCidrAliasing?: boolean;
  /** Whether mail that is written here has a field saying that an AI wrote it, and what stands at the end of its texts. */
  readonly aiHeader?: boolean;
  readonly aiFooter?: string;
}

export interface Policy {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly set: SetLimits;
  /** What its inboxes are held to: as it is set, within the installation's maxima. */
  readonly limits: MailLimits;
  readonly options: PolicyOptions;
  readonly spamDetection: SpamDetection;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
