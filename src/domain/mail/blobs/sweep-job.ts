/** What every delete of mail leaves behind. */
import type { Job } from "../../../storage/jobs.ts";

/** The job that deletes a pod's bytes nothing points at any more. */
export const sweepJob = (podId: string): Job => ({ task: "sweep_blobs", payload: { podId } });
