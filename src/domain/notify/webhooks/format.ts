/** Events as text: what webhooks, sockets and consumers that poll are given alike. */
import { MAX_EVENT_BODY_BYTES } from "./limits.ts";
import type { StoredEvent } from "./stored-event.ts";

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

/** JSON of an event, without the message's bodies where they make it too long. @returns null when nothing is left to notify of */
export function eventText(format: Pick<WebhookFormat, "present">, event: StoredEvent): string | null {
  const write = (slim: boolean): string | null => {
    const body = format.present(event, slim);
    return body === null ? null : JSON.stringify(body);
  };
  // They were not read: what is left out has more than an event may have.
  if ((event.message?.leftOut ?? 0) > 0) return write(true);
  const whole = write(false);
  return whole === null || Buffer.byteLength(whole) <= MAX_EVENT_BODY_BYTES ? whole : write(true);
}
