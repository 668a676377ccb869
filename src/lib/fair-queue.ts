/** A semaphore with a queue per tenant: what exceeds a tenant's fair share waits, and delays no other tenant. */
import { createFairShare } from "./fair-share.ts";
import { Turns } from "./turns.ts";

export interface FairQueue {
  /** Resolves when the tenant has a permit, to be released afterwards. @throws QueueFull */
  acquire(tenant: string): Promise<void>;
  release(tenant: string): void;
  /** Runs `work` with a permit of the tenant. @throws QueueFull, and as `work` does */
  during<Result>(tenant: string, work: () => Promise<Result>): Promise<Result>;
  /** How many wait. */
  waiting(): number;
}

/** As many of the tenant's requests wait as may. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

export interface FairQueueOptions {
  /** Never more than `permits` at once, so that a tenant waits for those of others as well: for what takes a core. */
  readonly isStrict?: boolean;
}

/**
 * @param permits at once; one tenant alone gets half of them, and one that holds none gets one whatever the others hold
 * @param maxQueued requests of one tenant that may wait
 */
export function createFairQueue(
  permits: number,
  maxQueued: number,
  { isStrict = false }: FairQueueOptions = {},
): FairQueue {
  const share = createFairShare(permits, { firstAlways: !isStrict });
  const waiting = new Turns<() => void>();
  const acquire: FairQueue["acquire"] = async (tenant) => {
    const count = waiting.countOf(tenant);
    if (count === 0 && share.tryAcquire(tenant)) return;
    if (count >= maxQueued) throw new QueueFull("too many requests of the same tenant are waiting");
    await new Promise<void>((grant) => waiting.add(tenant, grant));
  };
  const release: FairQueue["release"] = (tenant) => {
    share.release(tenant);
    for (const grant of waiting.take((_, next) => share.tryAcquire(next))) grant();
  };
  return {
    ...{ acquire, release },
    async during(tenant, work) {
      await acquire(tenant);
      try {
        return await work();
      } finally {
        release(tenant);
      }
    },
    waiting: () => waiting.size,
  };
}
