/**
 * Jobs in the same database (graphile-worker), in lanes that cannot delay each other. A process that is killed leaves its
 * jobs locked; every process detects dead ones and frees their jobs within seconds: each holds an advisory lock, which
 * PostgreSQL releases with its connection, so that no timeout has to be guessed.
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
import type { Engine } from "./engines/engine.ts";
import { takeFirstStatistics } from "./first-statistics.ts";
import { watchForgottenJobs } from "./forgotten-jobs.ts";
import { dropIdleQueues } from "./idle-queues.ts";
import { patientPool } from "./patient-pool.ts";
import { type Registry, register } from "./worker-registry.ts";

export type Task = (payload: Readonly<Record<string, unknown>>) => Promise<void>;

export interface Lane {
  readonly concurrency: number;
  readonly tasks: Readonly<Record<string, Task>>;
}

export interface Queue {
  /** Waits for running jobs, then gives up the process's lock. */
  stop(): Promise<void>;
}

export interface QueueParts {
  readonly log: Log;
  /** Of this process, UUID. */
  readonly id: string;
  readonly now: Date;
  readonly random: (bytes: number) => Uint8Array;
}

/** NOTIFY wakes workers at once; this bounds the delay when a notification was lost, and the precision of retries. */
const POLL_MS = 1000;
/** Between checks for processes that died. */
const SWEEP_MS = 2000;
/**
 * Between checks for orphaned jobs (forgotten-jobs.ts). Such a job waits for two checks. Each reads all jobs: 20 ms for 100,000
 * of them, 0.15 s for a million, so a shorter interval would be felt when the backlog is large.
 */
const FORGOTTEN_MS = 5000;
/** Named queues from which on unused ones are deleted: that many cost a job less than a millisecond. */
const MANY_QUEUES = 1000;

/** Connections for each lane, which fetches and completes jobs: more would only wait inside PostgreSQL. */
const CONNECTIONS_OF_A_LANE = 8;
/** Connections for the maintenance of all lanes. */
const CONNECTIONS_FOR_TIDYING = 2;
/** One holds this process's lock, one records its names, one frees the jobs of dead processes. */
const REGISTRY_CONNECTIONS = 3;

const silent: LogFunctionFactory = () => () => undefined;

function poolOf(engine: Engine, role: string | null, max: number): pg.Pool {
  return patientPool({
    ...engine.connection,
    max,
    ...(role !== null && { options: `-c role=${role}` }),
  });
}

/** @throws the database's error; nothing runs then */
export async function startQueue(engine: Engine, lanes: readonly Lane[], parts: QueueParts): Promise<Queue> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const part of stops.splice(0).reverse()) await part();
  };
  try {
    await startParts(engine, lanes, parts, (part) => void stops.push(part));
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  engine: Engine,
  lanes: readonly Lane[],
  { id, now, random, log }: QueueParts,
  onStop: (part: () => Promise<unknown>) => void,
): Promise<void> {
  // The queue's tables are the owner's alone; the list of processes is the workers'.
  const owner = poolOf(engine, null, lanes.length * CONNECTIONS_OF_A_LANE + CONNECTIONS_FOR_TIDYING);
  onStop(() => owner.end());
  const workers = poolOf(engine, "rookery_worker", REGISTRY_CONNECTIONS);
  onStop(() => workers.end());
  const registry = await register(workers, {
    id,
    lockKey: Buffer.from(random(6)).readUIntBE(0, 6),
    startedAt: now,
  });
  onStop(() => registry.close());
  const utils = await makeWorkerUtils({ pgPool: owner, logger: new Logger(silent) });
  onStop(async () => utils.release());
  await registry.sweep(utils, log);
  const sweep = async (): Promise<void> => {
    await registry.sweep(utils, log);
    await dropIdleQueues(owner, MANY_QUEUES);
    await takeFirstStatistics(owner);
  };
  onStop(repeat(SWEEP_MS, sweep, log));
  const freeForgotten = watchForgottenJobs(owner, registry.events, registry.names);
  const lookForForgotten = async (): Promise<void> => {
    const jobs = await freeForgotten();
    if (jobs > 0) log.warn({ jobs }, "freed orphaned jobs of this process");
  };
  onStop(repeat(FORGOTTEN_MS, lookForForgotten, log));
  const runners: Runner[] = [];
  onStop(() => Promise.all(runners.map((runner) => runner.stop())));
  for (const lane of lanes) runners.push(await startLane(owner, lane, registry, log));
}

/** Repeats `work` at an interval, never overlapping. @returns stops it, and waits for a run under way */
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

async function startLane(pool: pg.Pool, lane: Lane, registry: Registry, log: Log): Promise<Runner> {
  const taskList: TaskList = Object.fromEntries(
    Object.entries(lane.tasks).map(([name, task]) => [
      name,
      // Decoder: a job's payload is the object that `Tx.enqueue` was given.
      (payload: unknown) => task(payload as Readonly<Record<string, unknown>>),
    ]),
  );
  const runner = await run({
    pgPool: pool,
    taskList,
    concurrency: lane.concurrency,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    logger: new Logger(silent),
    parsedCronItems: [],
    events: registry.events,
    // Called before every fetch of a job: no flag is forbidden, but nothing is fetched before `ready`.
    forbiddenFlags: async () => {
      await registry.ready();
      return [];
    },
  });
  runner.events.on("job:error", ({ job, error }) =>
    log.warn({ error, task: job.task_identifier, attempt: job.attempts }, "a job failed and will be retried"),
  );
  runner.events.on("job:failed", ({ job, error }) =>
    log.error({ error, task: job.task_identifier }, "a job failed permanently"),
  );
  return runner;
}
