/**
 * Places shared by many, none of whom may crowd out the others: each may hold as many as are free, and one at least. One
 * alone gets half of them; the more there are at once, the less each has, and something is left for whoever comes next
 * (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).
 */

export interface FairPlaces {
  /** False when the holder has its share. */
  take(holder: string): boolean;
  give(holder: string): void;
}

export function createFairPlaces(total: number): FairPlaces {
  const held = new Map<string, number>();
  let used = 0;
  return {
    take(holder) {
      const own = held.get(holder) ?? 0;
      if (own > 0 && own >= total - used) return false;
      held.set(holder, own + 1);
      used++;
      return true;
    },
    give(holder) {
      const own = held.get(holder) ?? 0;
      if (own === 0) return;
      used--;
      if (own === 1) held.delete(holder);
      else held.set(holder, own - 1);
    },
  };
}
