/** A byte budget with a fair share per holder: each may hold as much as is free, so that one alone gets half (as fair-places.ts). */
import { Holdings } from "./holdings.ts";

export interface FairRoom {
  /** Acquires bytes; false when the holder's share or the whole budget is exceeded. */
  take(holder: string, bytes: number): boolean;
  give(holder: string, bytes: number): void;
}

export function createFairRoom(totalBytes: number): FairRoom {
  const held = new Holdings();
  return {
    take(holder, bytes) {
      if (bytes === 0) return true;
      const free = totalBytes - held.total;
      const own = held.of(holder);
      if (bytes > free || (own > 0 && own + bytes > free)) return false;
      held.add(holder, bytes);
      return true;
    },
    give: (holder, bytes) => held.remove(holder, bytes),
  };
}
