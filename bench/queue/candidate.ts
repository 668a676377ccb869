/** What the queue bench asks of a job queue. */
import type pg from "pg";

/** Tasks of the bench: jobs of `grouped` run one at a time within a queue, those of `plain` as they come. */
export type TaskName = "plain" | "grouped";

export type Handler = (task: TaskName, payload: Readonly<Record<string, unknown>>) => Promise<void>;

export interface Candidate {
  readonly name: string;
  /** Makes its tables and `bench_enqueue(jobs json)`, which the request's role may call. The rest is migrated already. */
  install(owner: pg.Client): Promise<void>;
  /** Runs jobs in this process, `CONCURRENCY` at once of each task. @returns stops it, and waits for the jobs */
  start(connectionString: string, handler: Handler): Promise<() => Promise<void>>;
  /** SQL that counts jobs which are neither done nor failed. */
  readonly countOpen: string;
  /** SQL that removes what done jobs left behind, as its maintenance does by and by; null when they leave nothing. */
  readonly removeDone: string | null;
}

/** Jobs at once of each task. */
export const CONCURRENCY = 8;
