/** Delivers the queued copies of outgoing messages, pods in turn, as long as there are any. */
import { type DeliverParts, deliverQueued } from "../domain/transit/deliveries/index.ts";
import { createTurnTaking, type TurnTaking } from "../lib/turn-taking.ts";
import type { ProcessLocks } from "../storage/process-locks.ts";

export interface OutboundDeliveryParts extends DeliverParts {
  /** So that no other process does the same work: it would store nothing twice, and cost as much. */
  readonly locks: ProcessLocks;
}

/**
 * @param places pods at once
 * @returns to be woken with the id of a pod (UUID) that may have queued copies
 */
export function createOutboundDelivery(parts: OutboundDeliveryParts, places: number): TurnTaking {
  const { locks, warn } = parts;
  return createTurnTaking({
    places,
    async turn(podId) {
      // Who holds it was woken as well, and looks again after what it is doing.
      if (!(await locks.tryLock(podId))) return false;
      try {
        return await deliverQueued(parts, podId);
      } finally {
        await locks.unlock(podId);
      }
    },
    onFailure: (error) => warn("delivering a pod's queued copies failed; they are tried again", error),
  });
}
