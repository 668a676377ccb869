/** A budget of the JavaScript heap for work that must not be begun without it: running out of heap ends the whole process. */
import { Counter } from "./counter.ts";

export interface HeapBudget {
  /** Bytes in all. */
  readonly totalBytes: number;
  /**
   * A tenant may hold as much as is still free, as in a fair share; what does not fit beside anything is granted alone, while nothing
   * else is held. @returns null when it does not fit now
   */
  tryReserve(tenant: string, bytes: number): Reservation | null;
}

export interface Reservation {
  /** @returns false when so much more does not fit now; what is held stays */
  tryGrow(bytes: number): boolean;
  /** Gives back all of it; a no-op the second time. */
  release(): void;
}

export function createHeapBudget(totalBytes: number): HeapBudget {
  const held = new Counter();
  const fits = (tenant: string, own: number, bytes: number): boolean => {
    if (held.total === own) return own + bytes <= totalBytes;
    return held.of(tenant) + bytes <= totalBytes - held.total;
  };
  return {
    totalBytes,
    tryReserve(tenant, bytes) {
      if (!fits(tenant, 0, bytes)) return null;
      let own = bytes;
      held.add(tenant, own);
      return {
        tryGrow(more) {
          if (!fits(tenant, own, more)) return false;
          held.add(tenant, more);
          own += more;
          return true;
        },
        release() {
          held.remove(tenant, own);
          own = 0;
        },
      };
    },
  };
}
