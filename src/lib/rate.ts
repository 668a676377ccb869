/** A token bucket for each key: so many a minute, evenly, and a tenth of a minute's worth at once. */

export interface Rate {
  /** Tokens that the key has now; may be a fraction. */
  left(key: string): number;
  /** Takes one, which `left` said is there. */
  use(key: string): void;
  /** Keys that have less than one. */
  exhausted(): readonly string[];
}

export interface RateOptions {
  readonly perMinute: number;
  readonly monotonicMs: () => number;
  /** Keys that are remembered: of more, the one that was used longest ago is forgotten, and begins anew. */
  readonly maxKeys: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const MINUTE_MS = 60_000;

export function createRate({ perMinute, monotonicMs, maxKeys }: RateOptions): Rate {
  const burst = Math.max(1, perMinute / 10);
  /** Only those that are not full, in the order of their last use. */
  const buckets = new Map<string, Bucket>();
  const left = (key: string): number => {
    const bucket = buckets.get(key);
    if (bucket === undefined) return burst;
    const tokens = bucket.tokens + ((monotonicMs() - bucket.atMs) * perMinute) / MINUTE_MS;
    if (tokens < burst) return tokens;
    buckets.delete(key);
    return burst;
  };
  return {
    left,
    use(key) {
      const tokens = left(key) - 1;
      buckets.delete(key);
      buckets.set(key, { tokens, atMs: monotonicMs() });
      const [oldest] = buckets.keys();
      if (buckets.size > maxKeys && oldest !== undefined) buckets.delete(oldest);
    },
    exhausted: () => [...buckets.keys()].filter((key) => left(key) < 1),
  };
}
