/** Delivers the queued copies of outgoing messages, pods in turn, as long as there are any. */
import { type DeliverParts, deliverQueued } from "../domain/transit/deliveries/index.ts";
import type { LoopTurns } from "../lib/loop-turns.ts";
import { createTurnTaking, type TurnTaking } from "../lib/turn-taking.ts";
import type { ProcessLocks } from "../storage/process-locks.ts";
import { trackPods } from "./pods-under-way.ts";

export interface OutboundDeliveryParts extends DeliverParts {
  /** So that no other process does the same work: it would store nothing twice, and cost as much. */
  readonly locks: ProcessLocks;
  /** A pod's messages are one piece of its work: each in a turn of its own would be committed alone, at five times the cost. */
  readonly turns: Pick<LoopTurns, "during">;
}

/**
 * @param places pods at once
 * @returns to be woken with the id of a pod (UUID) that may have queued copies
 */
export function createOutboundDelivery(parts: OutboundDeliveryParts, places: number): TurnTaking {
  const { locks, turns, warn } = parts;
  const pods = trackPods(locks, (error) => warn("a pod's lock was not released", error));
  return createTurnTaking({
    places,
    turn: (podId) =>
      turns.during(podId, () => pods.holding(podId, (isOurs) => deliverQueued(parts, podId, isOurs))),
    onFailure: (error) => warn("delivering a pod's queued copies failed; they are tried again", error),
  });
}
