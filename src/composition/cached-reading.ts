/** A reading that costs something, given to all who ask within a while. */

/** Milliseconds for which a reading is good at least: scrapes come every 15 s or more. */
const GOOD_MS = 5000;
/** And as many times as long as it took: whoever asks, and how often, it takes a twentieth of one connection at most. */
const REST_FACTOR = 19;

/** @returns asks for a reading; several at once share one. It rejects as `read` does, and as often as that was asked within its while */
export function createCachedReading<Value>(
  read: () => Promise<Value>,
  monotonicMs: () => number,
): () => Promise<Value> {
  let last: Promise<Value> | null = null;
  let goodUntilMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (last !== null && monotonicMs() < goodUntilMs) return last;
    const beganMs = monotonicMs();
    goodUntilMs = Number.POSITIVE_INFINITY;
    last = read().finally(() => {
      const endedMs = monotonicMs();
      goodUntilMs = endedMs + Math.max(GOOD_MS, (endedMs - beganMs) * REST_FACTOR);
    });
    return last;
  };
}
