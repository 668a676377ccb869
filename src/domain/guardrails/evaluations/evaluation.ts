/** The trail of rules: what they were asked about one message, and what they made of it (nylas 3.8). */

/** Where a message was judged: by its envelope's sender, by its header when it arrived, or when it was sent. */
export const stages = ["rcpt", "arrival", "send"] as const;
export type Stage = (typeof stages)[number];

/** Stands among what was applied when the rules could not be evaluated, and so refused the message. */
export const EVALUATION_ERROR = "evaluation_error";

export interface Evaluation {
  /** Of the message that was stored, else its own. */
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string;
  readonly inboxId: string;
  /** Null when none was stored. It may have been deleted since. */
  readonly messageUuid: string | null;
  readonly stage: Stage;
  /** In the form in which it was compared; null when the message names none. */
  readonly from: string | null;
  /** Of sends, in that form; else null. */
  readonly recipients: readonly string[] | null;
  readonly outboundType: string | null;
  /** Kinds of actions that were done, and nothing that was only wanted. */
  readonly applied: readonly string[];
  /** Folders that the message was assigned to. */
  readonly folders: readonly string[];
  /** In the order of evaluation. */
  readonly matchedRuleIds: readonly string[];
  readonly createdAt: Date;
}
