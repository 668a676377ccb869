/**
 * A fair queue whose permits rest when their work is over, for as many times as long as that took. Work of which one piece is done after the other has no more then than its
 * part of whatever it keeps busy, be that a thread or PostgreSQL, whose time nobody counts.
 */
import { createFairQueue } from "./fair-queue.ts";

export interface RestingQueue {
  /**
   * Runs `work` with a permit of the tenant. Only those in the queue wait for its rest.
   * @param restTimes asked when the work is over: the permit rests for so many times as long as that took
   * @throws QueueFull, and as `work` does
   */
  during<Result>(tenant: string, work: () => Promise<Result>, restTimes: () => number): Promise<Result>;
}

export interface RestingQueueParts {
  /** Work under way or at rest, of all tenants: one waits for that of the others as well. */
  readonly permits: number;
  /** Work of one tenant that may wait. */
  readonly maxQueued: number;
  /** A clock that is not set back. */
  readonly monotonicMs: () => number;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

export function createRestingQueue({
  permits,
  maxQueued,
  monotonicMs,
  pause,
}: RestingQueueParts): RestingQueue {
  const queue = createFairQueue(permits, maxQueued, { isStrict: true });
  return {
    async during(tenant, work, restTimes) {
      await queue.acquire(tenant);
      const beganAt = monotonicMs();
      try {
        return await work();
      } finally {
        const restMs = restTimes() * (monotonicMs() - beganAt);
        if (restMs > 0) void pause(restMs).then(() => queue.release(tenant));
        else queue.release(tenant);
      }
    },
  };
}
