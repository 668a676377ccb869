/**
 * Places shared by many, none of whom may crowd out the others: each may hold as many as are free, and one at least. One
 * alone gets half of them; the more there are at once, the less each has, and something is left for whoever comes next
 * (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).
 */
import { Holdings } from "./holdings.ts";

export interface FairPlaces {
  /** False when the holder has its share. */
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
