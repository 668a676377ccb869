/** A semaphore with a queue per tenant: what exceeds a tenant's fair share waits, and delays no other tenant. */
import { createFairShare } from "./fair-share.ts";

export interface FairQueue {
  /** Resolves when the tenant has a permit, to be released afterwards. @throws QueueFull */
  acquire(tenant: string): Promise<void>;
  release(tenant: string): void;
}

/** As many of the tenant's requests wait as may. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

/**
 * @param permits at once; one tenant alone gets half of them, and one that holds none gets one whatever the others hold
 * @param maxQueued requests of one tenant that may wait
 */
export function createFairQueue(permits: number, maxQueued: number): FairQueue {
  const share = createFairShare(permits, { firstAlways: true });
  // In the order in which they are served: a tenant that got a permit and has more waiting goes to the end. Each of them
  // holds a permit, so there are no more queues than permits are held.
  const queues = new Map<string, (() => void)[]>();
  return {
    async acquire(tenant) {
      const queue = queues.get(tenant);
      if (queue === undefined && share.tryAcquire(tenant)) return;
      if (queue !== undefined && queue.length >= maxQueued)
        throw new QueueFull("too many requests of the same tenant are waiting");
      await new Promise<void>((grant) => {
        if (queue === undefined) queues.set(tenant, [grant]);
        else queue.push(grant);
      });
    },
    release(tenant) {
      share.release(tenant);
      for (const [next, queue] of [...queues]) {
        if (!share.tryAcquire(next)) continue;
        queues.delete(next);
        queue.shift()?.();
        if (queue.length > 0) queues.set(next, queue);
      }
    },
  };
}
