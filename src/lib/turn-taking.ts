/** Tenants that have work take turns: one with a thousand pieces of it delays one with a single piece by a turn, not by a thousand. */
import { AsyncLocalStorage } from "node:async_hooks";

export interface TurnTaking {
  /** The tenant has work: its turn comes behind those that wait already. During its turn: another follows it. */
  wake(tenant: string): void;
  /** Begins no more turns. Resolves when those under way have ended. */
  stop(): Promise<void>;
}

export interface TurnTakingParts {
  /** TurnTaking at once, each of another tenant. */
  readonly places: number;
  /** Does a bounded piece of the tenant's work. @returns whether there is more */
  readonly turn: (tenant: string) => Promise<boolean>;
  /** Told why a turn failed. The tenant waits until it is woken again. */
  readonly onFailure: (error: unknown) => void;
}

/** Tenants that wait are bounded by those that there are: each waits once. */
export function createTurnTaking({ places, turn, onFailure }: TurnTakingParts): TurnTaking {
  /** In the order of their turns. */
  const waiting = new Set<string>();
  /** True: woken meanwhile. */
  const running = new Map<string, boolean>();
  const stopped = Promise.withResolvers<void>();
  let isStopping = false;
  // A turn is its tenant's work, and no part of what woke it.
  const outside = AsyncLocalStorage.snapshot();

  const takeTurn = async (tenant: string): Promise<void> => {
    running.set(tenant, false);
    let hasMore = false;
    try {
      hasMore = await turn(tenant);
    } catch (error) {
      onFailure(error);
    }
    const isWoken = running.get(tenant) === true;
    running.delete(tenant);
    if (hasMore || isWoken) waiting.add(tenant);
    next();
  };

  const next = (): void => {
    if (isStopping && running.size === 0) stopped.resolve();
    if (isStopping) return;
    for (const tenant of waiting) {
      if (running.size >= places) return;
      waiting.delete(tenant);
      void outside(takeTurn, tenant);
    }
  };

  return {
    wake(tenant) {
      if (running.has(tenant)) running.set(tenant, true);
      else waiting.add(tenant);
      next();
    },
    stop() {
      isStopping = true;
      next();
      return stopped.promise;
    },
  };
}
