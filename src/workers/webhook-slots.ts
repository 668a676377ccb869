/** Slots of a lane of webhook attempts, shared fairly by pod and, within a pod's share, by endpoint. */
import type { DeliveryJob } from "../domain/notify/webhooks/index.ts";
import { Counter } from "../lib/counter.ts";
import { createFairShare } from "../lib/fair-share.ts";

export interface WebhookSlots {
  /** Takes slots for a pod, as many as its share allows, up to `most`. @returns how many */
  acquire(podId: string, most: number): number;
  /** Gives back slots that no attempt began in. */
  giveBack(podId: string, count: number): void;
  /** Puts an attempt in a slot of its pod. @returns false when its endpoint holds what it may */
  enter(job: DeliveryJob): boolean;
  /** Takes an attempt that did not begin out again. Its pod keeps the slot. */
  cancel(job: DeliveryJob): void;
  /** Frees the slot. */
  leave(job: DeliveryJob): void;
  /** Slots that attempts of the pod are in. */
  heldBy(podId: string): number;
  /** Endpoints that hold as much as one may, whatever is free. */
  fullEndpoints(): readonly string[];
}

/**
 * @param slots in all
 * @param perEndpoint that one endpoint may hold, whatever is free
 */
export function createWebhookSlots(slots: number, perEndpoint: number): WebhookSlots {
  const shares = { pods: createFairShare(slots), endpoints: createFairShare(slots) };
  const held = { pods: new Counter(), endpoints: new Counter() };
  const cancel = ({ podId, webhookId }: DeliveryJob): void => {
    held.pods.remove(podId);
    held.endpoints.remove(webhookId);
    shares.endpoints.release(webhookId);
  };
  return {
    acquire(podId, most) {
      let count = 0;
      while (count < most && shares.pods.tryAcquire(podId)) count++;
      return count;
    },
    giveBack: (podId, count) => shares.pods.release(podId, count),
    enter({ podId, webhookId }) {
      if (held.endpoints.of(webhookId) >= perEndpoint || !shares.endpoints.tryAcquire(webhookId))
        return false;
      held.pods.add(podId);
      held.endpoints.add(webhookId);
      return true;
    },
    cancel,
    leave(job) {
      cancel(job);
      shares.pods.release(job.podId);
    },
    heldBy: (podId) => held.pods.of(podId),
    fullEndpoints: () => held.endpoints.keysFrom(perEndpoint),
  };
}
