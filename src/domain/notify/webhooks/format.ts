import type { StoredEvent } from "./delivery.ts";

/** What one attempt signs. */
export interface SignedAttempt {
  readonly secret: string;
  /** Constant over the retries of one event, so that a receiver recognises them. */
  readonly eventId: string;
  readonly at: Date;
  readonly body: string;
}

/** How a dialect writes its webhooks; the worker asks at each attempt. */
export interface WebhookFormat {
  /** @param slim without the message's bodies. @returns null when nothing is left to notify of, such as a deleted message */
  present(event: StoredEvent, slim: boolean): object | null;
  /** Headers by which the receiver verifies the body. */
  sign(attempt: SignedAttempt): Record<string, string>;
}
