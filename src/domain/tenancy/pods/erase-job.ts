import type { Job } from "../../../storage/jobs.ts";

/** A minute, milliseconds: pods whose grace ends in the same one are deleted by one job. */
const MINUTE_MS = 60_000;

/**
 * Deletes what is due then. Jobs only wake: what is to be deleted stands in the pods' rows, and is looked for with every pruning besides.
 * One whose pod was unsuspended meanwhile finds nothing.
 */
export function eraseJob(at: Date, now: Date): Job {
  const minute = Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS;
  return at <= now
    ? eraseNow
    : {
        task: "erase_pods",
        payload: {},
        key: `erase_pods ${new Date(minute).toISOString()}`,
        delayMs: minute - now.getTime(),
      };
}

/** One is queued, over all processes. */
export const eraseNow: Job = { task: "erase_pods", payload: {}, key: "erase_pods" };
