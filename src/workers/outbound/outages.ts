/**
 * Destinations that could not be reached of late. Each attempt at one costs a connection for as long as its silence lasts, so what is
 * for it is not tried for a while: a minute at first, twice as long after each further failure, up to a quarter of an hour.
 */
import { MAX_OUTAGES, OUTAGE_MOST_MS, OUTAGE_MS } from "../limits.ts";

export interface Outages {
  /** Why the destination is not tried now; null: it is. */
  of(destination: string): string | null;
  /** Milliseconds until it is tried again. */
  leftMs(destination: string): number;
  failed(destination: string, reason: string): void;
  reached(destination: string): void;
  /** Whether it was reached within the last minute. Of the destination that was reached last, as a smarthost is: the only one. */
  wasReached(destination: string): boolean;
}

interface Outage {
  untilMs: number;
  lastsMs: number;
  reason: string;
}

export function createOutages(monotonicMs: () => number): Outages {
  /** In the order in which they began. */
  const outages = new Map<string, Outage>();
  let lastReached = { destination: "", atMs: Number.NEGATIVE_INFINITY };
  const leftMs = (destination: string): number =>
    Math.max(0, (outages.get(destination)?.untilMs ?? 0) - monotonicMs());
  return {
    of: (destination) => (leftMs(destination) > 0 ? (outages.get(destination)?.reason ?? null) : null),
    leftMs,
    failed(destination, reason) {
      // Attempts that were under way when it was found out say nothing new.
      if (leftMs(destination) > 0) return;
      const before = outages.get(destination)?.lastsMs ?? OUTAGE_MS / 2;
      const lastsMs = Math.min(before * 2, OUTAGE_MOST_MS);
      outages.delete(destination);
      outages.set(destination, { untilMs: monotonicMs() + lastsMs, lastsMs, reason });
      const [oldest] = outages.keys();
      if (outages.size > MAX_OUTAGES && oldest !== undefined) outages.delete(oldest);
    },
    reached(destination) {
      outages.delete(destination);
      lastReached = { destination, atMs: monotonicMs() };
    },
    wasReached: (destination) =>
      lastReached.destination === destination && monotonicMs() - lastReached.atMs < OUTAGE_MS,
  };
}
