/**
 * The product's job queue and pg-boss side by side, each on a database of its own of one PostgreSQL, one step of the one and
 * of the other in turn. CPU is that of this process and of PostgreSQL. docs/decisions/0011-job-queue.md has the figures.
 */
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { startEmbedded } from "../src/storage/engines/embedded.ts";
import { migrate } from "../src/storage/migrate.ts";
import { type Cpu, cpuOf } from "./cpu.ts";
import type { Candidate } from "./queue/candidate.ts";
import { candidates } from "./queue/candidates.ts";
import { type Figures, ms, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";

const SINGLE_JOBS = 1000;
const BATCHES = 40;
const BATCH_JOBS = 50;
const PACED_JOBS = 200;
const PACE_MS = 20;
const GROUP_JOBS = 400;
const WAITING_JOBS = 200_000;
const WAITING_BATCH = 2000;
const DEFERRED_JOBS = 50;
/** Milliseconds in which any step must be over. */
const PATIENCE_MS = 180_000;
const HOUR_MS = 3_600_000;

interface Job {
  readonly task: "plain" | "grouped";
  readonly queue?: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly runAt?: string;
}

/** A candidate on its database. */
interface Trial {
  readonly candidate: Candidate;
  readonly url: string;
  readonly dataDir: string;
  readonly owner: pg.Client;
  /** As a request: under the request's role and a scope, one transaction. */
  enqueue(jobs: readonly Job[]): Promise<void>;
  close(): Promise<void>;
}

type Row = readonly [what: string, figure: string];
type Step = (trial: Trial) => Promise<Row[]>;

const APP_SCOPE =
  "set local role rookery_app; select set_config('rookery.organization_id', gen_random_uuid()::text, true)";

async function openTrial(candidate: Candidate, server: pg.ClientConfig, dataDir: string): Promise<Trial> {
  const database = candidate.name.replaceAll(/\W/g, "_");
  const admin = new pg.Client(server);
  await admin.connect();
  await admin.query(`create database ${database}`);
  await admin.end();
  const { host, user } = admin;
  const url = `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}`;
  const connection = { connectionString: url };
  await migrate({ name: "external", version: "", connection, stop: async () => undefined });
  const owner = new pg.Client(connection);
  const app = new pg.Client(connection);
  await Promise.all([owner.connect(), app.connect()]);
  await candidate.install(owner);
  return {
    candidate,
    url,
    dataDir,
    owner,
    async enqueue(jobs) {
      await app.query(`begin; ${APP_SCOPE}`);
      await app.query("select bench_enqueue($1)", [JSON.stringify(jobs)]);
      await app.query("commit");
    },
    async close() {
      await Promise.all([owner.end(), app.end()]);
    },
  };
}

const walOf = async ({ owner }: Trial): Promise<number> =>
  Number((await owner.query("select pg_current_wal_insert_lsn() - '0/0' as bytes")).rows[0]?.bytes);

const openJobs = async ({ owner, candidate }: Trial): Promise<number> =>
  (await owner.query(candidate.countOpen)).rows[0]?.count;

/** Waits without asking the database. @throws when it takes too long */
async function until(what: string, isSo: () => boolean | Promise<boolean>, everyMs = 2): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !(await isSo()); await pause(everyMs))
    if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
}

const cpuNow = (trial: Trial): Promise<Cpu> => cpuOf(process.pid, trial.dataDir);
const perJob = (before: Cpu, after: Cpu, jobs: number): string =>
  `CPU a job: Node ${((after.node - before.node) / jobs).toFixed(2)} ms, PostgreSQL ${((after.postgres - before.postgres) / jobs).toFixed(2)} ms`;

const plain = (n: number): Job => ({ task: "plain", payload: { n } });

/** A thousand transactions with a job each and two thousand jobs by fifty; then all of them are run. */
const throughput: Step = async (trial) => {
  const wal = [await walOf(trial)];
  let [before, began] = [await cpuNow(trial), performance.now()];
  for (let n = 0; n < SINGLE_JOBS; n++) await trial.enqueue([plain(n)]);
  const single = `${(((performance.now() - began) * 1000) / SINGLE_JOBS).toFixed(0)} us, ${perJob(before, await cpuNow(trial), SINGLE_JOBS)}`;
  [before, began] = [await cpuNow(trial), performance.now()];
  for (let n = 0; n < BATCHES; n++)
    await trial.enqueue(Array.from({ length: BATCH_JOBS }, (_, k) => plain(k)));
  const jobs = BATCHES * BATCH_JOBS;
  const batched = `${(((performance.now() - began) * 1000) / jobs).toFixed(0)} us, ${perJob(before, await cpuNow(trial), jobs)}`;
  wal.push(await walOf(trial));
  let done = 0;
  [before, began] = [await cpuNow(trial), performance.now()];
  const stop = await trial.candidate.start(trial.url, async () => void done++);
  await until("every job", () => done === SINGLE_JOBS + jobs);
  const elapsed = performance.now() - began;
  const cpu = perJob(before, await cpuNow(trial), done);
  await stop();
  if (trial.candidate.removeDone !== null) await trial.owner.query(trial.candidate.removeDone);
  wal.push(await walOf(trial));
  const walPerJob = wal.slice(1).map((end, index) => Math.round((end - (wal[index] ?? 0)) / done));
  return [
    ["enqueue, a transaction each", single],
    [`enqueue, ${BATCH_JOBS} in a transaction`, batched],
    ["run, nothing to do", `${((done * 1000) / elapsed).toFixed(0)} jobs/s, ${cpu}`],
    ["WAL a job: enqueued, run and removed", walPerJob.map((bytes) => `${bytes} B`).join(", ")],
  ];
};

/** From the commit of a job to its beginning, one at a time at a steady pace. */
async function paced(trial: Trial, name: string): Promise<Row[]> {
  const begun = new Map<number, number>();
  const stop = await trial.candidate.start(trial.url, async (_, { n }) => {
    begun.set(Number(n), performance.now());
  });
  await pause(1000);
  const before = await cpuNow(trial);
  const committed = new Map<number, number>();
  for (let n = 0; n < PACED_JOBS; n++) {
    await trial.enqueue([plain(n)]);
    committed.set(n, performance.now());
    await pause(PACE_MS);
  }
  await until("every job", () => begun.size === PACED_JOBS);
  const cpu = perJob(before, await cpuNow(trial), PACED_JOBS);
  await stop();
  const delays = [...committed].map(([n, at]) => Math.max(0, (begun.get(n) ?? Number.NaN) - at));
  return [[name, `p50 ${ms(percentile(delays, 0.5))}, p99 ${ms(percentile(delays, 0.99))}, ${cpu}`]];
}

/** A burst of one group, which runs one at a time, and behind it a job of another group. */
const group: Step = async (trial) => {
  let [done, otherAt] = [0, 0];
  const stop = await trial.candidate.start(trial.url, async (_, { other }) => {
    if (other === true) otherAt = performance.now();
    else done++;
  });
  await pause(1000);
  const [before, began] = [await cpuNow(trial), performance.now()];
  await trial.enqueue(
    Array.from({ length: GROUP_JOBS }, (_, n) => ({ task: "grouped", queue: "a", payload: { n } })),
  );
  await trial.enqueue([{ task: "grouped", queue: "b", payload: { other: true } }]);
  const committed = performance.now();
  await until("the whole burst", () => done === GROUP_JOBS && otherAt > 0);
  const rate = `${((GROUP_JOBS * 1000) / (performance.now() - began)).toFixed(0)} jobs/s`;
  const cpu = perJob(before, await cpuNow(trial), GROUP_JOBS);
  await stop();
  return [
    [`burst of ${GROUP_JOBS} in one group`, `${rate}, ${cpu}`],
    ["another group's job behind that burst", `begun after ${ms(otherAt - committed)}`],
  ];
};

/** How late jobs begin that are due at a moment. */
const deferred: Step = async (trial) => {
  const late: number[] = [];
  const stop = await trial.candidate.start(trial.url, async (_, { due }) => {
    late.push(Date.now() - Number(due));
  });
  const base = Date.now() + 1000;
  const due = Array.from({ length: DEFERRED_JOBS }, (_, n) => base + n * 60);
  await trial.enqueue(
    due.map((at) => ({ task: "plain", payload: { due: at }, runAt: new Date(at).toISOString() })),
  );
  await until("every deferred job", () => late.length === DEFERRED_JOBS);
  await stop();
  return [["deferred jobs, late by", `p50 ${ms(percentile(late, 0.5))}, most ${ms(Math.max(...late))}`]];
};

/** From kill -9 of the process that has a job until another process begins it. */
const recovery: Step = async (trial) => {
  const script = fileURLToPath(new URL("./queue/victim.ts", import.meta.url));
  const victim = spawn(process.execPath, [script, trial.candidate.name, trial.url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const taken = new Promise((resolve) => victim.stdout.once("data", resolve));
  await trial.enqueue([plain(0)]);
  await taken;
  let begun = 0;
  const stop = await trial.candidate.start(trial.url, async () => {
    begun = performance.now();
  });
  await pause(1000);
  const killed = performance.now();
  victim.kill("SIGKILL");
  await until("the freed job", () => begun > 0);
  await stop();
  return [["killed process's job, begun by another", `after ${((begun - killed) / 1000).toFixed(1)} s`]];
};

/** The same pace beside jobs that are not due for an hour. */
const backlog: Step = async (trial) => {
  const runAt = new Date(Date.now() + HOUR_MS).toISOString();
  for (let n = 0; n < WAITING_JOBS; n += WAITING_BATCH)
    await trial.enqueue(Array.from({ length: WAITING_BATCH }, () => ({ ...plain(n), runAt })));
  await trial.owner.query("vacuum analyze");
  const rows = await paced(trial, `begun after commit, beside ${WAITING_JOBS.toLocaleString("en")} waiting`);
  return [...rows, ["still waiting", String(await openJobs(trial))]];
};

const steps: readonly Step[] = [
  throughput,
  (trial) => paced(trial, `begun after commit, a job each ${PACE_MS} ms`),
  group,
  deferred,
  recovery,
  backlog,
];

/** @param directory in which a PostgreSQL of its own is made; the server takes no part */
export async function queue(_server: ServerProcess, directory: string): Promise<Figures> {
  const dataDir = join(directory, "queue");
  await mkdir(dataDir, { mode: 0o711 });
  const engine = await startEmbedded({ dataDir, log: () => undefined });
  const trials: Trial[] = [];
  try {
    for (const candidate of candidates) trials.push(await openTrial(candidate, engine.connection, dataDir));
    const rows: Row[] = [];
    for (const step of steps)
      for (const trial of trials)
        for (const [what, figure] of await step(trial))
          rows.push([`${what}: ${trial.candidate.name}`, figure]);
    return { name: "queue: the product's job queue and pg-boss", rows: rows.toSorted(byWhat(rows)) };
  } finally {
    for (const trial of trials) await trial.close();
    await engine.stop();
  }
}

/** Figures of the same kind beside each other, in the order of the steps. */
function byWhat(rows: readonly Row[]): (a: Row, b: Row) => number {
  const kinds = [...new Set(rows.map(([what]) => what.split(": ")[0]))];
  const place = ([what]: Row): number => kinds.indexOf(what.split(": ")[0]);
  return (a, b) => place(a) - place(b);
}
