/** Job: deliver the queued copies of an outgoing message. Throws when nothing could be settled; the queue tries again. */
import {
  type DeliverParts,
  deferOutbound,
  deliverOutbound,
  type OutboundKey,
} from "../domain/transit/deliveries/index.ts";
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
  const deliver: Task = (payload) => deliverOutbound(parts, keyOf(payload));
  return {
    async fast(payload) {
      const key = keyOf(payload);
      const { podId } = key;
      if (!fastPlaces.take(podId)) return deferOutbound(parts, key);
      try {
        await deliver(payload);
      } finally {
        fastPlaces.give(podId);
      }
    },
    busy: deliver,
  };
}

const keyOf = ({ podId, messageUuid }: Readonly<Record<string, unknown>>): OutboundKey => ({
  podId: String(podId),
  messageUuid: String(messageUuid),
});
