/**
 * What one inbox may send, receive and keep. An installation has maxima of these; a policy has what holds for the inboxes of the
 * pods that it is attached to.
 */
import type { Tx } from "../../storage/db.ts";
import type { AnyScope, InboxTarget } from "./access/index.ts";

/** Limits that are numbers. */
export const limitNames = [
  "attachmentBytes",
  "attachmentCount",
  "messageBytes",
  "storageBytes",
  "receivedPerDay",
  "sentPerMinute",
  "sentPerFiveMinutes",
  "sentPerHour",
  "sentPerDay",
  "sentPerThirtyDays",
  "recipientsPerMessage",
  "newRecipientsPerDay",
  "inboxRetentionDays",
  "spamRetentionDays",
] as const;

export type LimitName = (typeof limitNames)[number];

/** Infinity: nothing bounds it. A day is one of the calendar in UTC; the other windows end now. */
export interface MailLimits extends Readonly<Record<LimitName, number>> {
  /** Of one attachment, as it is when decoded, received or sent. */
  readonly attachmentBytes: number;
  /** Of one message. */
  readonly attachmentCount: number;
  /** Media types in lower case, of which the subtype may be `*`; none: all are allowed. */
  readonly attachmentTypes: readonly string[];
  /** Of a whole message as RFC 5322 has it, without the trace fields added here. */
  readonly messageBytes: number;
  /** Of all messages that the inbox holds. */
  readonly storageBytes: number;
  readonly recipientsPerMessage: number;
  /** Those that the inbox has not written to before. */
  readonly newRecipientsPerDay: number;
  /** Days since a message was stored. */
  readonly inboxRetentionDays: number;
  /** Days since junk or trash became that. */
  readonly spamRetentionDays: number;
  /** How spam is looked for; absent: as plainSpamDetection says. */
  readonly spamDetection?: SpamDetection;
  /** How mail says that an AI wrote it; absent: it does not. */
  readonly disclosure?: Disclosure;
}

export interface Disclosure {
  /** Whether a header field says so. */
  readonly hasHeader: boolean;
  /** What stands at the end of each text; null: nothing. */
  readonly footer: string | null;
}

export interface SpamDetection {
  readonly useListDnsbl: boolean;
  readonly useHeaderAnomalyDetection: boolean;
  /** 0.1 to 5; a higher one takes more mail for spam. */
  readonly spamSensitivity: number;
}

export const plainSpamDetection: SpamDetection = {
  useListDnsbl: false,
  useHeaderAnomalyDetection: false,
  spamSensitivity: 1,
};

/** The limits that inboxes are held to now. */
export interface LimitsInForce {
  /** Null: this process has yet to read them. */
  known(inbox: InboxTarget): MailLimits | null;
  of(tx: Tx, scope: AnyScope, inbox: InboxTarget): Promise<MailLimits>;
}
