/** Job: deliver the queued copies of an outgoing message. Throws when nothing could be settled; the queue tries again. */
import { systemScope } from "../domain/door/access/index.ts";
import { type DeliverParts, deliverOutbound } from "../domain/transit/deliveries/index.ts";
import { createFairPlaces } from "../lib/fair-places.ts";
import type { Task } from "../storage/queue.ts";

export interface OutboundDelivery {
  /** A pod that has its share of the places here has the rest delivered in the busy lane. */
  readonly fast: Task;
  /** What came too fast for one pod: it waits for itself, one at a time. */
  readonly busy: Task;
}

/** @param places jobs at once in the fast lane */
export function createOutboundDelivery(parts: DeliverParts, places: number): OutboundDelivery {
  const fastPlaces = createFairPlaces(places);
  const deliver: Task = async ({ podId, messageUuid }) =>
    deliverOutbound(parts, { podId: String(podId), messageUuid: String(messageUuid) });
  return {
    async fast(payload) {
      const podId = String(payload["podId"]);
      if (!fastPlaces.take(podId)) return leaveToBusyLane(parts, podId, String(payload["messageUuid"]));
      try {
        await deliver(payload);
      } finally {
        fastPlaces.give(podId);
      }
    },
    busy: deliver,
  };
}

function leaveToBusyLane({ database }: DeliverParts, podId: string, messageUuid: string): Promise<void> {
  const job = { task: "deliver_outbound_busy", queue: `outbound:${podId}`, payload: { podId, messageUuid } };
  return database.transaction(systemScope, (tx) => tx.enqueue([job]));
}
