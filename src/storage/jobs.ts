/** What a job is and how one is enqueued. Who runs them is `./job-runner.ts`. */

/** A job to run after commit. The payload carries ids, never content. */
export interface Job {
  readonly task: string;
  readonly payload: Readonly<Record<string, string | number | null>>;
  /** Jobs of one queue run one after the other. */
  readonly queue?: string;
  /** Milliseconds until it is due, by PostgreSQL's clock: a process whose clock is wrong would be late, or early, by as much. */
  readonly delayMs?: number;
  readonly maxAttempts?: number;
  /** A later job with the same key replaces an earlier one that has not begun. No two jobs of one call have the same. */
  readonly key?: string;
}

/** Adds the jobs of a JSON array, in the caller's transaction: all that a request's role may do with the job tables. */
export const ENQUEUE = "select rookery_enqueue($1)";
