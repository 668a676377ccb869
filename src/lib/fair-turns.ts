/** A fair semaphore with one queue per holder: a holder that has its fair share waits behind its own requests only. */
import { createFairPlaces } from "./fair-places.ts";

export interface FairTurns {
  /** Resolves with a permit, to be given back with `give`. @throws TooManyWaiting */
  take(holder: string): Promise<void>;
  give(holder: string): void;
}

/** The holder's queue is full. */
export class TooManyWaiting extends Error {
  override readonly name = "TooManyWaiting";
}

/**
 * @param total permits; one holder alone gets half of them, and one without any always gets one
 * @param maxWaiting length of one holder's queue
 */
export function createFairTurns(total: number, maxWaiting: number): FairTurns {
  const places = createFairPlaces(total);
  // Round robin: a holder that got a permit and has more waiting goes to the end. Every holder here has a permit, so there
  // are no more queues than permits.
  const lines = new Map<string, (() => void)[]>();
  return {
    async take(holder) {
      const line = lines.get(holder);
      if (line === undefined && places.take(holder)) return;
      if (line !== undefined && line.length >= maxWaiting)
        throw new TooManyWaiting("too many wait for the same holder's turn");
      await new Promise<void>((begin) => {
        if (line === undefined) lines.set(holder, [begin]);
        else line.push(begin);
      });
    },
    give(holder) {
      places.give(holder);
      for (const [next, line] of [...lines]) {
        if (!places.take(next)) continue;
        lines.delete(next);
        line.shift()?.();
        if (line.length > 0) lines.set(next, line);
      }
    },
  };
}
