/** The product's own: graphile-worker behind `storage/job-runner.ts`. */
import { randomBytes, randomUUID } from "node:crypto";
import { createLog } from "../../src/lib/log.ts";
import { startJobRunner, type Task } from "../../src/storage/job-runner.ts";
import { type Candidate, CONCURRENCY } from "./candidate.ts";

export const graphileWorker: Candidate = {
  name: "graphile-worker 0.18",
  async install(owner) {
    await owner.query(
      `create function bench_enqueue(jobs json) returns void language sql security definer
         as 'select public.rookery_enqueue(jobs)';
       grant execute on function bench_enqueue(json) to rookery_app`,
    );
  },
  async start(connectionString, handler) {
    const tasks = (name: "plain" | "grouped"): Record<string, Task> => ({
      [name]: (payload) => handler(name, payload),
    });
    const runner = await startJobRunner(
      { name: "external", version: "", connection: { connectionString }, stop: async () => undefined },
      [
        { concurrency: CONCURRENCY, tasks: tasks("plain") },
        { concurrency: CONCURRENCY, hasQueues: true, tasks: tasks("grouped") },
      ],
      { log: createLog("silent"), id: randomUUID(), now: new Date(), random: randomBytes },
    );
    return () => runner.stop();
  },
  countOpen: "select count(*)::integer as count from graphile_worker.jobs",
  removeDone: null,
};
