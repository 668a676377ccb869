/** When what was deferred is tried again. */
import { OUTBOUND_RETRY_SECONDS } from "./limits.ts";

/**
 * Milliseconds from an attempt to the next. The last one is made when the message's time is over, and no later.
 * @param attempt number of the one that was made, from 1
 * @param leftMs until the message is given up
 */
export function retryAfterMs(attempt: number, leftMs: number): number {
  const seconds = OUTBOUND_RETRY_SECONDS[Math.min(attempt, OUTBOUND_RETRY_SECONDS.length) - 1] ?? 0;
  return Math.max(0, Math.min(seconds * 1000, leftMs));
}
