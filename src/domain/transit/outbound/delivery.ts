/** Mail for one domain of another server: one message, its recipients there, and what became of each. */

/**
 * `queued`: not tried yet. `sending`: an attempt is under way. `deferred`: to be tried again. `sent`: the other server took it for
 * everybody. `complained`: so, and a recipient complained of it. `delivered`: in an inbox here. `bounced`: rejected permanently, or for as
 * long as it is tried, at once or in a report that came back later. `failed`: given up without
 * any server's word. `captured`: kept here because outbound mail was off.
 */
export const deliveryStates = [
  "queued",
  "sending",
  "deferred",
  "sent",
  "complained",
  "delivered",
  "bounced",
  "failed",
  "captured",
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export type RecipientState = Exclude<DeliveryState, "sending">;

/** What another server, or the look for one, said of a recipient. */
export interface RecipientOutcome {
  readonly address: string;
  readonly state: RecipientState;
  /** SMTP reply code; null: nobody answered. */
  readonly code: number | null;
  /** RFC 3463. */
  readonly enhancedCode: string | null;
  /** Printable, at most MAX_REPLY_LENGTH characters. */
  readonly reply: string;
}

/** One row of the queue as API and commands show it. */
export interface Delivery {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string;
  readonly inboxId: string;
  /** Address of the sender; null when its inbox was deleted. */
  readonly inboxAddress: string | null;
  /** Id of the message in the API; null when it was deleted. */
  readonly messageId: string | null;
  /** Of the recipients. */
  readonly domain: string;
  readonly recipients: readonly RecipientOutcome[];
  readonly state: DeliveryState;
  /** Attempts begun. */
  readonly attempts: number;
  /** Of those, the ones whose outcome nobody knows: a process ended before it was recorded. Each may have arrived. */
  readonly doubts: number;
  /** When it is tried next, or the lease of the attempt under way ends; null when its state is final. */
  readonly nextAttemptAt: Date | null;
  /** When it is given up; null for one of an inbox here that is delivered as soon as that takes it. */
  readonly expiresAt: Date | null;
  readonly attemptedAt: Date | null;
  /** What the last server said. */
  readonly reply: string | null;
  readonly replyCode: number | null;
  readonly enhancedCode: string | null;
  readonly mx: string | null;
  readonly mxAddress: string | null;
  /** Version of TLS; null: without. */
  readonly tls: string | null;
  /** Why it is where it is, when no server's reply says so. */
  readonly detail: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
