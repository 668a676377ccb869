/** Job: deliver the queued copies of an outgoing message. Throws when nothing could be settled; the queue tries again. */
import { systemScope } from "../domain/door/access/index.ts";
import { type DeliverParts, deliverOutbound } from "../domain/transit/deliveries/index.ts";
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
  const deliver: Task = async ({ podId, messageUuid }) =>
    deliverOutbound(parts, { podId: String(podId), messageUuid: String(messageUuid) });
  return {
    async fast(payload) {
      const podId = String(payload["podId"]);
      if (!share.tryAcquire(podId)) return leaveToBusyLane(parts, podId, String(payload["messageUuid"]));
      try {
        await deliver(payload);
      } finally {
        share.release(podId);
      }
    },
    busy: deliver,
  };
}

function leaveToBusyLane({ database }: DeliverParts, podId: string, messageUuid: string): Promise<void> {
  const job = { task: "deliver_outbound_busy", queue: `outbound:${podId}`, payload: { podId, messageUuid } };
  return database.transaction(systemScope, (tx) => tx.enqueue([job]));
}
