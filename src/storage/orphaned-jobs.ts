/**
 * Frees jobs that are locked by this process and that none of its workers runs: the answer to the statement that took one
 * was lost with its connection, and the worker took another. As the process lives, no other process may take them.
 */
import type { WorkerEvents } from "graphile-worker";
import type pg from "pg";

/** Jobs freed at once: far more than a process has workers that could have lost one. */
const MAX_FREED = 1000;

/**
 * @param pool as the owner of the job tables
 * @param events of all workers of this process
 * @param names that its jobs are locked by; may grow
 * @returns searches once and gives the number it freed: jobs that the search before found as well, because one that was
 * just taken, or whose end is just being recorded, is run by no worker for a moment
 */
export function watchOrphanedJobs(
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
    const orphaned = suspected.filter((id) => before.has(id) && !running.has(id));
    if (orphaned.length > 0) await free(pool, names, orphaned);
    return orphaned.length;
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
