/** Job: deliver the queued copies of an outgoing message. Throws when nothing could be settled; the queue tries again. */
import {
  type DeliverParts,
  deferOutbound,
  deliverOutbound,
  type OutboundKey,
} from "../domain/transit/deliveries/index.ts";
import { createFairShare } from "../lib/fair-share.ts";
import type { Task } from "../storage/queue.ts";

export interface OutboundDelivery {
  /** What exceeds a pod's fair share of the slots here is delivered in the busy lane. */
  readonly fast: Task;
  /** One at a time for each pod, so that a pod's burst delays only itself. */
  readonly busy: Task;
}

/** @param slots jobs at once in the fast lane */
export function createOutboundDelivery(parts: DeliverParts, slots: number): OutboundDelivery {
  const share = createFairShare(slots);
  const deliver: Task = (payload) => deliverOutbound(parts, keyOf(payload));
  return {
    async fast(payload) {
      const key = keyOf(payload);
      const { podId } = key;
      if (!share.tryAcquire(podId)) return deferOutbound(parts, key);
      try {
        await deliver(payload);
      } finally {
        share.release(podId);
      }
    },
    busy: deliver,
  };
}

const keyOf = ({ podId, messageUuid }: Readonly<Record<string, unknown>>): OutboundKey => ({
  podId: String(podId),
  messageUuid: String(messageUuid),
});
