/**
 * Pods that this process works on, and the webhook attempts under way in them. Such a pod is this process's alone: another one
 * that attempted the same deliveries would have endpoints called twice.
 */
import type { DeliveryJob } from "../domain/notify/webhooks/index.ts";
import type { ProcessLocks } from "../storage/process-locks.ts";

export interface PodsUnderWay {
  /**
   * Runs `work`, which is told whether the pod is this process's, and so can look meanwhile; it stays so as long as it works.
   * @returns what it gives
   */
  holding(podId: string, work: (isOurs: Promise<boolean>) => Promise<boolean>): Promise<boolean>;
  /** Within `holding`: an attempt, during which the pod stays this process's. */
  begin(job: DeliveryJob): void;
  end(job: DeliveryJob): void;
  has(job: DeliveryJob): boolean;
  underWay(podId: string): readonly DeliveryJob[];
}

interface Held {
  users: number;
  readonly locked: Promise<boolean>;
  readonly jobs: Map<string, DeliveryJob>;
}

const keyOf = ({ eventId, webhookId }: DeliveryJob): string => `${eventId} ${webhookId}`;

/** @param onFailure told of locks that could not be released: they are with their connection, in seconds */
export function trackPods(locks: ProcessLocks, onFailure: (error: unknown) => void): PodsUnderWay {
  const pods = new Map<string, Held>();
  const use = (podId: string): Held => {
    const held = pods.get(podId) ?? { users: 0, locked: locks.tryLock(podId), jobs: new Map() };
    held.users++;
    pods.set(podId, held);
    return held;
  };
  const leave = async (podId: string, held: Held): Promise<void> => {
    if (--held.users > 0) return;
    pods.delete(podId);
    // Asked for and given back on one connection, in this order, also when it is asked for again at once.
    if (await held.locked.catch(() => false)) await locks.unlock(podId).catch(onFailure);
  };
  return {
    async holding(podId, work) {
      const held = use(podId);
      try {
        return await work(held.locked);
      } finally {
        void leave(podId, held);
      }
    },
    begin(job) {
      use(job.podId).jobs.set(keyOf(job), job);
    },
    end(job) {
      const held = pods.get(job.podId);
      if (held?.jobs.delete(keyOf(job)) === true) void leave(job.podId, held);
    },
    has: (job) => pods.get(job.podId)?.jobs.has(keyOf(job)) ?? false,
    underWay: (podId) => [...(pods.get(podId)?.jobs.values() ?? [])],
  };
}
