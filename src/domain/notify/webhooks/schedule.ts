/** When a delivery that failed is tried again (contract 12.3). */
import { WEBHOOK_RETRY_SECONDS } from "./limits.ts";

/** Part of each delay by which it is moved, so that an endpoint that comes back is not met by all its retries at once. */
const JITTER = 0.1;

/**
 * @param attempts attempts made so far, since the event was last sent anew: at least 1
 * @param chance 0 to 1
 * @returns milliseconds until the next attempt, or null when the schedule is at its end
 */
export function nextAttemptMs(attempts: number, chance: number): number | null {
  const seconds = WEBHOOK_RETRY_SECONDS[attempts - 1];
  if (seconds === undefined) return null;
  return Math.round(seconds * 1000 * (1 + JITTER * (2 * chance - 1)));
}

/** The longest such delay, milliseconds. */
export const LONGEST_RETRY_MS = Math.max(...WEBHOOK_RETRY_SECONDS) * 1000 * (1 + JITTER);
