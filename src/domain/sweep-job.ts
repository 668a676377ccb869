/** What every delete of mail leaves behind. */
import type { Job } from "../storage/db.ts";

/** The job that deletes a pod's bytes nothing points at any more. It looks at all of the pod's: one that waits is enough. */
export const sweepJob = (podId: string): Job => ({
  task: "sweep_blobs",
  key: `sweep_blobs:${podId}`,
  payload: { podId },
});
