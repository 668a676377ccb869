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
  const warnOfLock = (error: unknown): void => warn("a pod's lock was not released", error);
  return createTurnTaking({
    places,
    async turn(podId) {
      const isOurs = locks.tryLock(podId);
      try {
        return await deliverQueued(parts, podId, isOurs);
      } finally {
        // Not waited for: what asks for the lock next does so behind it, on the same connection.
        void isOurs.then((held) => (held ? locks.unlock(podId) : undefined)).catch(warnOfLock);
      }
    },
    onFailure: (error) => warn("delivering a pod's queued copies failed; they are tried again", error),
  });
}
