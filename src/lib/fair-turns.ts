/** Turns at what there is only so much of: whoever has his fair share of it waits, in a line of his own. */
import { createFairPlaces } from "./fair-places.ts";

export interface FairTurns {
  /** Resolves when it is the holder's turn, which he then gives back. @throws TooManyWaiting */
  take(holder: string): Promise<void>;
  give(holder: string): void;
}

/** The holder's line is as long as it may be. */
export class TooManyWaiting extends Error {
  override readonly name = "TooManyWaiting";
}

/**
 * @param total turns at once; one holder alone gets half of them, and who has none gets one whatever the others have
 * @param maxWaiting those who wait for one holder's turns
 */
export function createFairTurns(total: number, maxWaiting: number): FairTurns {
  const places = createFairPlaces(total);
  // In the order in which they are served: who got a turn and has more to do goes to the end. None of them has no turn at
  // all, so there are no more lines than turns.
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
