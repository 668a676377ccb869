/** The job queue of a test's database, which nothing else works on. */
import pg from "pg";
import type { Task } from "../../src/storage/job-runner.ts";
import type { TestDoor } from "./test-door.ts";

export interface QueuedJobs {
  /** Runs the jobs of these tasks, due or not, and those that they enqueue, until there are none. @returns names, in order */
  runAll(tasks: Readonly<Record<string, Task>>): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Jobs run in one call, beyond which they go in a circle. */
const MAX_JOBS = 100;

export async function openQueuedJobs(test: TestDoor): Promise<QueuedJobs> {
  const owner = new pg.Client(test.engine.connection);
  await owner.connect();
  const take = async (names: readonly string[]) => {
    const { rows } = await owner.query<{ name: string; payload: Record<string, unknown> }>(
      `with next as (
         select j.id, k.identifier from graphile_worker._private_jobs j join graphile_worker._private_tasks k on k.id = j.task_id
         where k.identifier = any ($1) order by j.run_at, j.id limit 1)
       delete from graphile_worker._private_jobs j using next where j.id = next.id returning next.identifier as name, j.payload`,
      [names],
    );
    return rows[0];
  };
  return {
    async runAll(tasks) {
      const done: string[] = [];
      for (
        let job = await take(Object.keys(tasks));
        job !== undefined;
        job = await take(Object.keys(tasks))
      ) {
        if (done.length >= MAX_JOBS) throw new Error("jobs enqueue jobs without end");
        done.push(job.name);
        await tasks[job.name]?.(job.payload);
      }
      return done;
    },
    close: () => owner.end(),
  };
}

/** Ids of pods whose bytes a job is to sweep. */
export async function queuedSweeps(test: TestDoor): Promise<readonly string[]> {
  // Jobs belong to the owner of the schema.
  const owner = new pg.Client(test.engine.connection);
  await owner.connect();
  const { rows } = await owner.query<{ pod: string }>(
    "select payload ->> 'podId' as pod from graphile_worker._private_jobs j join graphile_worker._private_tasks k on k.id = j.task_id where k.identifier = 'sweep_blobs'",
  );
  await owner.end();
  return rows.map(({ pod }) => pod);
}
