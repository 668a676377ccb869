/**
 * Turns of the event loop, by tenant: one piece of work of each begins in one of them, and of a tenant that asks for much only at
 * its pace while others are there (`loop-pace.ts`). What a tenant asks at once then takes the loop from the others for one piece at a
 * time, and none of its speed while nobody else is there: a loop that has work does not wait between its turns.
 */
import { type LoopPace, PacedLoop } from "./loop-pace.ts";
import { Turns } from "./turns.ts";

export interface LoopTurns {
  /**
   * Resolves in a turn of the loop in which a piece of the tenant's work may begin; null at once when that is this one.
   * @throws LoopTurnsFull when as many of the tenant wait as may
   */
  take(tenant: string): Promise<void> | null;
  /** Runs `work` in such a turn. The loop's time meanwhile counts as its tenant's. @throws LoopTurnsFull, and as `work` does */
  during<Result>(tenant: string, work: () => Promise<Result>): Promise<Result>;
  /** Counts time of something else that the tenant's work held while others may have waited for it, milliseconds. */
  charge(tenant: string, ms: number): void;
  /** Whether another tenant had something to do of late. */
  hasOthers(tenant: string): boolean;
}

/** As many pieces of the tenant's work wait as may. */
export class LoopTurnsFull extends Error {
  override readonly name = "LoopTurnsFull";
}

export interface LoopTurnsParts {
  /** Pieces of one tenant's work that may wait. */
  readonly maxWaiting: number;
  /** A clock that is not set back. */
  readonly monotonicMs: () => number;
  /** CPU time of the process so far, milliseconds. */
  readonly busyMs: () => number;
}

/** Milliseconds between two looks at whether somebody may begin who is ahead of its pace: well below a piece's own time. */
const LOOK_MS = 1;

export function createLoopTurns({ maxWaiting, monotonicMs, busyMs }: LoopTurnsParts): LoopTurns {
  const waiting = new Turns<() => void>();
  const pace: LoopPace = new PacedLoop({ monotonicMs, busyMs, waiting: () => waiting.tenants });
  const begun = new Set<string>();
  let isTurnWatched = false;
  let isLookDue = false;

  const watchTurn = (): void => {
    if (isTurnWatched) return;
    isTurnWatched = true;
    setImmediate(() => {
      isTurnWatched = false;
      begun.clear();
      beginNext();
    });
  };
  const beginNext = (): void => {
    if (waiting.isEmpty) return;
    const next = waiting.take((_, tenant) => tryBegin(tenant));
    for (const begin of next) begin();
    if (next.length > 0 || isLookDue) return;
    isLookDue = true;
    setTimeout(() => {
      isLookDue = false;
      beginNext();
    }, LOOK_MS);
  };
  const tryBegin = (tenant: string): boolean => {
    if (begun.has(tenant) || !pace.mayBegin(tenant)) return false;
    begun.add(tenant);
    pace.began(tenant);
    watchTurn();
    return true;
  };
  const take: LoopTurns["take"] = (tenant) => {
    const count = waiting.countOf(tenant);
    if (count === 0 && tryBegin(tenant)) return null;
    if (count >= maxWaiting) throw new LoopTurnsFull("too much work of the same tenant is waiting");
    watchTurn();
    return new Promise((begin) => waiting.add(tenant, begin));
  };

  return {
    take,
    async during(tenant, work) {
      await take(tenant);
      const leave = pace.enter(tenant);
      try {
        return await work();
      } finally {
        leave();
      }
    },
    charge: (tenant, ms) => pace.charge(tenant, ms),
    hasOthers: (tenant) => pace.hasOthers(tenant),
  };
}
