/**
 * Turns of the event loop, by tenant: one piece of work of each begins in one of them. What a tenant asks at once then
 * takes the loop from the others for one piece at a time, and none of its speed while nobody else is there: a loop that has work
 * does not wait between its turns.
 */
import { Turns } from "./turns.ts";

export interface LoopTurns {
  /**
   * Resolves in a turn of the loop in which nothing else of the tenant begins; null at once when that is this one.
   * @throws LoopTurnsFull when as many of the tenant wait as may
   */
  take(tenant: string): Promise<void> | null;
}

/** As many pieces of the tenant's work wait as may. */
export class LoopTurnsFull extends Error {
  override readonly name = "LoopTurnsFull";
}

/** @param maxWaiting pieces of one tenant's work that may wait */
export function createLoopTurns(maxWaiting: number): LoopTurns {
  const waiting = new Turns<() => void>();
  const begun = new Set<string>();
  let isTurnWatched = false;

  const watchTurn = (): void => {
    if (isTurnWatched) return;
    isTurnWatched = true;
    setImmediate(() => {
      isTurnWatched = false;
      begun.clear();
      if (waiting.isEmpty) return;
      watchTurn();
      for (const begin of waiting.take((_, tenant) => isFirst(tenant))) begin();
    });
  };
  const isFirst = (tenant: string): boolean => {
    if (begun.has(tenant)) return false;
    begun.add(tenant);
    return true;
  };

  return {
    take(tenant) {
      watchTurn();
      const count = waiting.countOf(tenant);
      if (count === 0 && isFirst(tenant)) return null;
      if (count >= maxWaiting) throw new LoopTurnsFull("too much work of the same tenant is waiting");
      return new Promise((begin) => waiting.add(tenant, begin));
    },
  };
}
