/** Pauses that grow with how often something happens, by key: a leaky bucket, kept as one time (GCRA, ITU-T I.371). */
import { LRUCache } from "lru-cache";

export interface PacingBounds {
  /** How many may happen at once without a pause. */
  readonly burst: number;
  /** How many a second once the burst is used up. */
  readonly perSecond: number;
  /** Longest pause, milliseconds. */
  readonly maxPauseMs: number;
  /** Keys that are remembered; the one not seen for longest is forgotten, and begins anew. */
  readonly maxKeys: number;
}

export interface Pacing {
  /** Counts one more of `key`. @returns milliseconds to wait before it is answered; 0 within the burst */
  count(key: string): number;
  /** Takes one of `key` back that was counted. */
  forgive(key: string): void;
}

/** @param monotonicMs a clock that is not set back */
export function createPacing(
  { burst, perSecond, maxPauseMs, maxKeys }: PacingBounds,
  monotonicMs: () => number,
): Pacing {
  const intervalMs = 1000 / perSecond;
  // When each key's bucket will be empty.
  const emptyAt = new LRUCache<string, number>({ max: maxKeys });
  const pauseAt = (at: number, now: number): number => Math.max(0, at - now - burst * intervalMs);
  return {
    count(key) {
      const now = monotonicMs();
      // Bounded: whoever stops is forgiven after the longest pause and the burst.
      const latest = now + burst * intervalMs + maxPauseMs;
      const at = Math.min(latest, Math.max(now, emptyAt.get(key) ?? now) + intervalMs);
      emptyAt.set(key, at);
      return pauseAt(at, now);
    },
    forgive(key) {
      const at = emptyAt.get(key);
      if (at !== undefined) emptyAt.set(key, at - intervalMs);
    },
  };
}
