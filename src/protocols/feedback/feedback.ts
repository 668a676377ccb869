/** What comes back of mail that was sent: that it was not delivered, or that its recipient complains of it. */

/** A recipient that a server gave up on. */
export interface FailedRecipient {
  /** Names of one recipient: what it was sent to, and where that led. In lower case; empty when the report names nobody. */
  readonly addresses: readonly string[];
  /** Enhanced status code (RFC 3463) of class 4 or 5; null: none was given. */
  readonly status: string | null;
  /** SMTP reply code of class 4 or 5. */
  readonly code: number | null;
  /** The server's words, printable, at most MAX_REPLY_TEXT characters; empty without any. */
  readonly reply: string;
}

export type Feedback =
  | { readonly kind: "failure"; readonly recipients: readonly FailedRecipient[] }
  /** A delivery that is delayed, or succeeded (RFC 3464 section 2.3.3): nothing is lost. */
  | { readonly kind: "progress" }
  | Complaint;

export interface Complaint {
  readonly kind: "complaint";
  /** Feedback-Type (RFC 5965 section 7.3), such as `abuse`. */
  readonly type: string;
  /** Who complains, in lower case; empty when the report hides it. */
  readonly recipients: readonly string[];
  /** Envelope senders that the report names for the mail it is about, as written. */
  readonly returnPaths: readonly string[];
}

/** Octets of a report that are read: what it says stands before the mail that it returns. */
export const MAX_REPORT_BYTES = 256 * 1024;
/** Recipients that one report tells of: as many as a transaction may have, and more than a delivery has. */
export const MAX_REPORTED = 1000;
