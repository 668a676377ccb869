/**
 * Frees orphaned jobs: locked by this process, but run by none of its workers, because the response to the statement that
 * locked them was lost with its connection. As the process lives, no other process may take them.
 */
import type { WorkerEvents } from "graphile-worker";
import type pg from "pg";

/** Jobs freed in one statement: far more than a process has workers that could have lost one. */
const MAX_FREED = 1000;

/**
 * @param pool as the owner of the queue's tables
 * @param events of all workers of this process
 * @param names that its jobs are locked by; may grow
 * @returns one check, which resolves with the number of jobs freed: those that the check before found as well, because a
 * job just fetched, or just being completed, has no worker for a moment
 */
export function watchForgottenJobs(
  pool: pg.Pool,
  events: WorkerEvents,
  names: readonly string[],
): () => Promise<number> {
  const running = new Set<string>();
  events.on("job:start", ({ job }) => void running.add(job.id));
  events.on("job:complete", ({ job }) => void running.delete(job.id));
  let suspected: readonly string[] = [];
  return async () => {
    const { rows } = await pool.query<{ id: string }>(
      "select id from graphile_worker._private_jobs where locked_by = any($1) and not id = any($2) limit $3",
      [names, [...running], MAX_FREED],
    );
    const before = new Set(suspected);
    suspected = rows.map(({ id }) => id);
    const forgotten = suspected.filter((id) => before.has(id) && !running.has(id));
    if (forgotten.length > 0) await free(pool, names, forgotten);
    return forgotten.length;
  };
}

async function free(pool: pg.Pool, names: readonly string[], ids: readonly string[]): Promise<void> {
  await pool.query(
    `with freed as (
      update graphile_worker._private_jobs set locked_by = null, locked_at = null
      where id = any($1) and locked_by = any($2) returning job_queue_id)
    update graphile_worker._private_job_queues as queue set locked_by = null, locked_at = null
    from freed where queue.id = freed.job_queue_id`,
    [ids, names],
  );
}
