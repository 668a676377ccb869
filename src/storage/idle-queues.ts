/**
 * Deletes named job queues without jobs. graphile-worker keeps a row for each name ever used and locks every free one
 * whenever it fetches a job: measured, 0.7 ms per job with 200 rows and 32 ms with 20,000, which ten thousand webhook
 * endpoints leave.
 */
import type pg from "pg";
import { postgresError } from "./db.ts";

/** Lock timeout, milliseconds: while this waits for transactions that are adding jobs, new ones queue behind it. */
const LOCK_TIMEOUT_MS = 200;

/** SQLSTATE lock_not_available. */
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * @param pool as the owner of the queue's tables
 * @param limit a no-op below this number of rows
 */
export async function dropIdleQueues(pool: pg.Pool, limit: number): Promise<void> {
  const { rows } = await pool.query("select from graphile_worker._private_job_queues limit $1", [limit]);
  if (rows.length < limit) return;
  try {
    // A job refers to its queue without a foreign key: one being added concurrently would lose its queue and never run.
    // The lock waits for such transactions and blocks new ones, so that every job is visible. One statement text without
    // parameters is one transaction.
    await pool.query(`
      set local lock_timeout = ${LOCK_TIMEOUT_MS};
      lock table graphile_worker._private_job_queues in share row exclusive mode;
      delete from graphile_worker._private_job_queues as queue
      where locked_at is null
        and not exists (select from graphile_worker._private_jobs as job where job.job_queue_id = queue.id)`);
  } catch (error) {
    // Busy: the next run tries again.
    if (postgresError(error)?.code !== LOCK_NOT_AVAILABLE) throw error;
  }
}
