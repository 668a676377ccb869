/**
 * A non-blocking semaphore with a fair share per holder: each may hold as many slots as are free, and at least one. One
 * alone gets half; the more holders are active, the less each has, so that slots are always free for the next one
 * (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).
 */
import { Holdings } from "./holdings.ts";

export interface FairPlaces {
  /** Acquires a slot; false when the holder has its fair share. */
  take(holder: string): boolean;
  give(holder: string): void;
}

export function createFairPlaces(total: number): FairPlaces {
  const held = new Holdings();
  return {
    take(holder) {
      const own = held.of(holder);
      if (own > 0 && own >= total - held.total) return false;
      held.add(holder);
      return true;
    },
    give: (holder) => held.remove(holder),
  };
}
