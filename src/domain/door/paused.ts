/** The kill switch: what is paused neither sends nor receives, whichever way in is taken. See docs/decisions/0030-accounts.md. */
import type { InboxTarget } from "./access/index.ts";
import { type Failure, fail } from "./failures.ts";
import { suspended } from "./suspended.ts";

/** Why the inbox, as it was looked up, neither sends nor receives; null when it does. */
export function pauseOf({ pausedBy }: Pick<InboxTarget, "pausedBy">): Failure | null {
  if (pausedBy === null) return null;
  return fail("sending.paused", {
    message: pausedBy === "inbox" ? "The inbox is paused" : `The ${pausedBy} of the inbox is paused`,
    hint: `It neither sends nor receives until the ${pausedBy} is resumed.`,
  });
}

/** @throws Failure sending.paused, pod.suspended */
export function requireUnpaused(inbox: Pick<InboxTarget, "pausedBy" | "isSuspended">): void {
  const failure = inbox.isSuspended ? suspended() : pauseOf(inbox);
  if (failure !== null) throw failure;
}
