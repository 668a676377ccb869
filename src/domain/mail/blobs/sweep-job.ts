/** The job that every delete of mail enqueues. */
import type { Job } from "../../../storage/jobs.ts";

/** The job that deletes a pod's bytes nothing points at any more. */
export const sweepJob = (podId: string): Job => ({ task: "sweep_blobs", payload: { podId } });
