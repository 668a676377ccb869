/**
 * Runs jobs (graphile-worker, in the same database) in lanes that cannot delay each other. A process that is killed leaves
 * its jobs locked; every process watches for dead ones and frees their jobs within seconds: the advisory lock that each
 * holds is released with its connection, so no timeout has to guess it. Why not pg-boss:
 * docs/decisions/0011-job-queue.md.
 */
import {
  type LogFunctionFactory,
  Logger,
  makeWorkerUtils,
  type Runner,
  run,
  type TaskList,
} from "graphile-worker";
import type pg from "pg";
import type { Log } from "../lib/log.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import { analyzeGrownTables } from "./analyze-grown.ts";
import { bringJobsForward } from "./clock-set-back.ts";
import type { Engine } from "./engines/engine.ts";
import { watchOrphanedJobs } from "./orphaned-jobs.ts";
import { type RetryingPool, retryingPool } from "./retrying-pool.ts";
import { dropUnusedQueues } from "./unused-queues.ts";
import { type Registry, register } from "./worker-registry.ts";

export type Task = (payload: Readonly<Record<string, unknown>>) => Promise<void>;

export interface Lane {
  /** Jobs at once. */
  readonly concurrency: number;
  /** True where jobs name a queue, whose jobs run one after the other. */
  readonly hasQueues?: boolean;
  readonly tasks: Readonly<Record<string, Task>>;
}

export interface JobRunner {
  /** Waits a moment for running jobs, frees those that go on, then releases the process's lock. */
  stop(): Promise<void>;
}

export interface JobRunnerParts {
  readonly log: Log;
  /** Of this process, UUID. */
  readonly id: string;
  readonly now: Date;
  readonly random: (bytes: number) => Uint8Array;
  /**
   * Milliseconds between a worker's looks for jobs. Notifications wake workers at once; this bounds how late a job is when
   * one was lost, and how exact retries are.
   */
  readonly pollMs?: number;
}

/**
 * Default of `pollMs`. Each of a dozen workers looks by itself, whether anybody uses the server or not: a look a second was half of what an idle one
 * takes (docs/benchmarks/versions.md). What is to be done in seconds is woken by notices, or looked for elsewhere (composition/due.ts).
 */
const POLL_MS = 5000;
/** Between searches for processes that died. */
const SWEEP_MS = 2000;
/** Between searches for orphaned jobs, and those of a clock that went back. Such a job waits for two of them; each reads all jobs. */
const ORPHANS_MS = 5000;
/** Named queues from which on the unused ones are deleted: this many cost a job less than a millisecond. */
const MANY_QUEUES = 1000;

/**
 * Connections of a lane, which takes jobs and records their ends, 1 ms each: two, so that one may be slow. What jobs do goes over others. All workers look
 * for a job at the start, and so each of these is opened there: 10 ms of CPU and 3 MB of PostgreSQL's.
 */
const LANE_CONNECTIONS = 2;
/**
 * In a lane with queues there is one, so that its statements run in the order in which they were started. graphile-worker
 * looks for the next job without waiting until the end of the last is recorded, and a worker that looks skips the queues
 * that another one has just locked: on several connections it finds the queue it has left still locked, and polls for
 * each job (measured: 3 jobs a second).
 */
const QUEUE_LANE_CONNECTIONS = 1;
/** Each lane listens for notifications on one of its own. */
const LISTEN_CONNECTIONS = 1;
/** For maintenance behind all lanes. */
const MAINTENANCE_CONNECTIONS = 2;
/** One holds this process's lock, one records its names, one frees the jobs of dead processes. */
const REGISTRY_CONNECTIONS = 3;

/** Milliseconds that running jobs have to end, and to be recorded, when the process stops: longer than webhooks get. One that goes on is run again. */
const DRAIN_MS = 4000;
/** Milliseconds for this process to free what it still holds and sign off. Without that its jobs are freed when its lock is. */
const CLOSE_MS = 500;

const silent: LogFunctionFactory = () => () => undefined;

/** @throws whatever the database says; nothing runs then */
export async function startJobRunner(
  engine: Engine,
  lanes: readonly Lane[],
  parts: JobRunnerParts,
): Promise<JobRunner> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const part of stops.splice(0).reverse())
      await part().catch((error: unknown) =>
        // What it leaves behind is freed by another process, or by the next.
        parts.log.warn({ error }, "the job runner did not stop in order"),
      );
  };
  try {
    await startLanes(engine, lanes, parts, (part) => void stops.push(part));
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startLanes(
  engine: Engine,
  lanes: readonly Lane[],
  { id, now, random, log, pollMs = POLL_MS }: JobRunnerParts,
  onStop: (part: () => Promise<unknown>) => void,
): Promise<void> {
  // The job tables are the owner's alone; the list of processes is the worker role's.
  const { pool: owner, end: endOwner } = retryingPool(engine, MAINTENANCE_CONNECTIONS);
  onStop(endOwner);
  const utils = await makeWorkerUtils({ pgPool: owner, logger: new Logger(silent) });
  onStop(async () => utils.release());
  const workers = retryingPool(engine, REGISTRY_CONNECTIONS, { settings: { role: "rookery_worker" } });
  onStop(workers.end);
  const registry = await register(workers.pool, {
    id,
    lockKey: Buffer.from(random(6)).readUIntBE(0, 6),
    startedAt: now,
  });
  onStop(() => settlesWithin(CLOSE_MS, registry.close(utils)));
  await registry.sweep(utils, log);
  const sweep = async (): Promise<void> => {
    await registry.sweep(utils, log);
    await dropUnusedQueues(owner, MANY_QUEUES);
    await analyzeGrownTables(owner);
  };
  onStop(repeat(SWEEP_MS, sweep, log));
  const freeOrphans = watchOrphanedJobs(owner, registry.events, registry.names);
  const searchOrphans = async (): Promise<void> => {
    const jobs = await freeOrphans();
    if (jobs > 0) log.warn({ jobs }, "freed jobs that no worker of this process had");
    const late = await bringJobsForward(owner);
    if (late > 0) log.warn({ jobs: late }, "jobs were added later than now: the database's clock went back");
  };
  onStop(repeat(ORPHANS_MS, searchOrphans, log));
  const pools: RetryingPool[] = [];
  onStop(() => Promise.all(pools.map((pool) => pool.end())));
  const runners: Runner[] = [];
  onStop(() => settlesWithin(DRAIN_MS, drain(runners, pools)));
  for (const lane of lanes) {
    const connections = lane.hasQueues === true ? QUEUE_LANE_CONNECTIONS : LANE_CONNECTIONS;
    const lanePool = retryingPool(engine, connections + LISTEN_CONNECTIONS, { waitsToConnect: true });
    pools.push(lanePool);
    runners.push(await startLane(lanePool.pool, lane, registry, { log, pollMs }));
  }
}

/** Stops the runners, waits for the jobs under way, and then for the recording of their ends, for which the library does not wait. */
async function drain(runners: readonly Runner[], pools: readonly RetryingPool[]): Promise<void> {
  await Promise.all(runners.map((runner) => runner.stop()));
  await Promise.all(pools.map((pool) => pool.idle()));
}

/** Runs `work` at an interval, never twice at once. @returns ends it, and waits for the run under way */
function repeat(everyMs: number, work: () => Promise<void>, log: Log): () => Promise<void> {
  let working = Promise.resolve();
  const timer = setInterval(() => {
    working = working
      .then(work)
      .catch((error: unknown) => log.warn({ error }, "database maintenance failed"));
  }, everyMs);
  return () => {
    clearInterval(timer);
    return working;
  };
}

async function startLane(
  pool: pg.Pool,
  lane: Lane,
  registry: Registry,
  { log, pollMs }: { readonly log: Log; readonly pollMs: number },
): Promise<Runner> {
  const taskList: TaskList = Object.fromEntries(
    Object.entries(lane.tasks).map(([name, task]) => [
      name,
      // Cast: a job's payload is the object that `Tx.enqueue` was given.
      (payload: unknown) => task(payload as Readonly<Record<string, unknown>>),
    ]),
  );
  const runner = await run({
    pgPool: pool,
    taskList,
    concurrency: lane.concurrency,
    pollInterval: pollMs,
    noHandleSignals: true,
    logger: new Logger(silent),
    parsedCronItems: [],
    events: registry.events,
    // Called before every job is taken: not for flags, of which there are none, but because it is awaited.
    forbiddenFlags: async () => {
      await registry.ready();
      return [];
    },
  });
  runner.events.on("job:error", ({ job, error }) =>
    log.warn(
      { error, task: job.task_identifier, attempt: job.attempts },
      "a job failed and will be tried again",
    ),
  );
  runner.events.on("job:failed", ({ job, error }) =>
    log.error({ error, task: job.task_identifier }, "a job failed and will not be tried again"),
  );
  return runner;
}
