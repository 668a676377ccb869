/** Sends drafts whose time has come, pods in turn, as long as there are any. See docs/decisions/0045-drafts.md. */
import { type SendDueParts, sendDueDrafts } from "../domain/transit/drafts/index.ts";
import { createTurnTaking, type TurnTaking } from "../lib/turn-taking.ts";
import type { ProcessLocks } from "../storage/process-locks.ts";
import { PODS_WITH_DRAFTS } from "./limits.ts";
import { trackPods } from "./pods-under-way.ts";

export interface DraftSendingParts extends SendDueParts {
  /** So that no other process does the same work: it would send nothing twice, and cost as much. */
  readonly locks: ProcessLocks;
}

/** @returns to be woken with the id of a pod (UUID) that may have drafts which are due */
export function createDraftSending(parts: DraftSendingParts): TurnTaking {
  const { locks, warn } = parts;
  const pods = trackPods(locks, (error) => warn("a pod's lock was not released", error));
  return createTurnTaking({
    places: PODS_WITH_DRAFTS,
    turn: (podId) => pods.holding(podId, (isOurs) => sendDueDrafts(parts, podId, isOurs)),
    onFailure: (error) => warn("sending a pod's scheduled drafts failed; they are tried again", error),
  });
}
