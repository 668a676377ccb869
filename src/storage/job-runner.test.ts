import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import pg from "pg";
import { expect, it, type TestContext } from "vitest";
import { createDatabase, dropOtherConnections, type TestDatabase } from "../../test/support/database.ts";
import { openDatabaseLine } from "../../test/support/database-line.ts";
import { eventually } from "../../test/support/eventually.ts";
import { createLog } from "../lib/log.ts";
import type { Engine } from "./engines/engine.ts";
import { openExternal } from "./engines/external.ts";
import { type JobRunner, startJobRunner } from "./job-runner.ts";
import { watchOrphanedJobs } from "./orphaned-jobs.ts";
import { dropUnusedQueues } from "./unused-queues.ts";

interface Surroundings {
  readonly database: TestDatabase;
  /** Of the owner. */
  readonly client: pg.Client;
  /** To be ended after the test, the last one first. */
  readonly ends: { push(end: () => unknown): void };
  /** Starts a runner with one lane whose task writes down what it is given. */
  start(done: string[], pollMs?: number, on?: Engine): Promise<JobRunner>;
  enqueue(name: string, queue?: string): Promise<unknown>;
  locked(): Promise<number>;
  /** Names that jobs are locked by, of each process. */
  registered(): Promise<string[][]>;
  /** Advisory locks: of processes that run jobs, and those of the test. */
  advisoryLocks(state: "granted" | "awaited"): Promise<number>;
}

/** A database for one test: they wait for polls and deadlines, and do it at the same time. */
async function surroundings({ onTestFinished }: TestContext): Promise<Surroundings> {
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  const engine = await openExternal(database.url);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  onTestFinished(() => client.end());
  const ends = { push: (end: () => unknown) => onTestFinished(async () => void (await end())) };
  return {
    database,
    client,
    ends,
    async start(done, pollMs, on = engine) {
      const task = async ({ name }: Readonly<Record<string, unknown>>) => void done.push(String(name));
      const lane = { concurrency: 2, hasQueues: true, tasks: { note: task } };
      const runner = await startJobRunner(on, [lane], {
        log: createLog("silent"),
        id: randomUUID(),
        now: new Date(),
        random: randomBytes,
        ...(pollMs !== undefined && { pollMs }),
      });
      ends.push(() => runner.stop());
      return runner;
    },
    enqueue: (name, queue) =>
      client.query("select rookery_enqueue($1)", [
        JSON.stringify([{ task: "note", queue, payload: { name } }]),
      ]),
    async locked() {
      const { rows } = await client.query(
        "select 1 from graphile_worker._private_jobs where locked_by is not null",
      );
      return rows.length;
    },
    async registered() {
      const sql = "begin; set local role rookery_worker; select worker_ids from worker_processes";
      // Cast: several statements give several results.
      const results = (await client.query(sql)) as unknown as pg.QueryResult<{ worker_ids: string[] }>[];
      await client.query("commit");
      return results[2]?.rows.map((row) => row.worker_ids) ?? [];
    },
    async advisoryLocks(state) {
      const { rows } = await client.query(
        `select 1 from pg_locks where locktype = 'advisory' and granted = $1
         and database = (select oid from pg_database where datname = current_database())`,
        [state === "granted"],
      );
      return rows.length;
    },
  };
}

/** A process whose task never ends; it prints a line when it has taken a job. */
const stuckWorker = `
  import { randomBytes, randomUUID } from "node:crypto";
  import { startJobRunner } from ${JSON.stringify(new URL("./job-runner.ts", import.meta.url).href)};
  const log = { info() {}, warn() {}, error() {} };
  const note = () => new Promise(() => console.log("taken"));
  await startJobRunner({ connection: { connectionString: process.argv[1] } }, [{ concurrency: 1, tasks: { note } }],
    { log, id: randomUUID(), now: new Date(), random: randomBytes });
`;

it.concurrent("gives the job of a killed process, and the queue it held, to a living one, and never while it lives", async (context) => {
  const { database, ends, start, enqueue, locked, registered } = await surroundings(context);
  const child = spawn(process.execPath, ["--input-type=module", "-e", stuckWorker, database.url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  ends.push(async () => child.kill("SIGKILL"));
  const taken = new Promise((resolve) => child.stdout.once("data", resolve));
  await enqueue("first of the queue", "one-by-one");
  await taken;

  const done: string[] = [];
  await start(done);
  await enqueue("behind it", "one-by-one");
  await enqueue("elsewhere");
  await eventually("work of its own", async () => done.includes("elsewhere"));
  expect(done).toEqual(["elsewhere"]);
  child.kill("SIGKILL");
  await exited;
  await eventually("the freed jobs", async () => done.length === 3);
  expect(done).toEqual(["elsewhere", "first of the queue", "behind it"]);
  await eventually("no lock left", async () => (await locked()) === 0);
  expect(await registered()).toHaveLength(1);
});

/**
 * A process whose task fails, at once or (second argument "late") once the runner has stopped. It stops its runner on the first input
 * and ends when nothing is left to do: with an unhandled rejection not with 0.
 */
const failingWorker = `
  import { once } from "node:events";
  import { randomBytes, randomUUID } from "node:crypto";
  import { startJobRunner } from ${JSON.stringify(new URL("./job-runner.ts", import.meta.url).href)};
  const log = { info() {}, warn() {}, error() {} };
  const stopped = Promise.withResolvers();
  const note = async ({ name }) => {
    console.log("taken");
    if (process.argv[2] === "late") await stopped.promise;
    if (name === "fails") throw new Error("failed");
  };
  const runner = await startJobRunner({ connection: { connectionString: process.argv[1] } },
    [{ concurrency: 2, tasks: { note } }],
    { log, id: randomUUID(), now: new Date(), random: randomBytes });
  await once(process.stdin, "data");
  await runner.stop();
  stopped.resolve();
  process.stdin.destroy();
`;

function spawnFailing({ database, ends }: Surroundings, when: "at once" | "late") {
  const args = ["--input-type=module", "-e", failingWorker, database.url, when];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  ends.push(async () => child.kill("SIGKILL"));
  return {
    exited: new Promise((resolve) => child.once("exit", resolve)),
    taken: new Promise((resolve) => child.stdout.once("data", resolve)),
    stop: () => child.stdin.write("stop"),
  };
}

it.concurrent("ends in order, and gives its jobs to another process, when they go on after it has stopped", async (context) => {
  const t = await surroundings(context);
  const { start, enqueue, locked, registered } = t;
  const child = spawnFailing(t, "late");
  await enqueue("fails");
  await enqueue("succeeds");
  await eventually("both jobs taken", async () => (await locked()) === 2);
  child.stop();
  expect(await child.exited).toBe(0);
  expect([await locked(), await registered()]).toEqual([0, []]);
  const done: string[] = [];
  await start(done);
  await eventually("the jobs", async () => done.length === 2);
  expect(done.toSorted()).toEqual(["fails", "succeeds"]);
});

it.concurrent("ends in order, and loses no job, when their ends cannot be recorded while it stops", async (context) => {
  const t = await surroundings(context);
  const { client, start, enqueue, advisoryLocks } = t;
  // Holds up the statements that record ends, until this test lets go of lock 42.
  await client.query(`
    create function hold_up() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock(42); return coalesce(new, old); end';
    create trigger hold_up before update on graphile_worker._private_jobs
      for each row when (new.locked_by is null) execute function hold_up();
    create trigger hold_up_delete before delete on graphile_worker._private_jobs
      for each row execute function hold_up();
    select pg_advisory_lock(42)`);
  const child = spawnFailing(t, "at once");
  await enqueue("fails");
  await enqueue("succeeds");
  await eventually("both ends being recorded", async () => (await advisoryLocks("awaited")) === 2);
  child.stop();
  expect(await child.exited).toBe(0);
  await client.query("select pg_advisory_unlock(42)");
  const done: string[] = [];
  await start(done);
  await eventually("the job that failed", async () => done.includes("fails"));
  await eventually("no job left", async () => {
    return (await client.query("select 1 from graphile_worker._private_jobs")).rows.length === 0;
  });
});

it.concurrent("takes no job before it is written down who takes it, and leaves no trace when it stops", async (context) => {
  const { client, ends, start, enqueue, locked, registered, advisoryLocks } = await surroundings(context);
  // Holds up the statement that writes the name, until this test lets go of lock 42.
  await client.query(`
    create function hold_up() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock(42); return new; end';
    create trigger hold_up before update on worker_processes for each row execute function hold_up();
    select pg_advisory_lock(42)`);
  await enqueue("waiting already");
  const done: string[] = [];
  const runner = await start(done);
  ends.push(() => client.query("select pg_advisory_unlock_all()"));
  await eventually("the name being written", async () => (await advisoryLocks("awaited")) > 0);
  expect([await locked(), done, await registered()]).toEqual([0, [], [[]]]);
  await client.query("select pg_advisory_unlock(42)");
  await eventually("the job", async () => done.length === 1);
  expect((await registered()).map((names) => names.length)).toEqual([1]);
  await runner.stop();
  expect(await registered()).toEqual([]);
});

it.concurrent("goes on, and holds its lock again, after the database dropped every connection", async (context) => {
  const { client, start, enqueue, advisoryLocks } = await surroundings(context);
  const done: string[] = [];
  await start(done);
  await enqueue("before");
  await eventually("the first job", async () => done.length === 1);
  expect(await advisoryLocks("granted")).toBe(1);
  await dropOtherConnections(client);
  await enqueue("after");
  await eventually("the second job", async () => done.includes("after"));
  await eventually("the lock", async () => (await advisoryLocks("granted")) === 1);
});

it.concurrent("takes its lock again though the answers to several tries are lost", async (context) => {
  const { database, client, ends, start, advisoryLocks } = await surroundings(context);
  const line = await openDatabaseLine(database.url);
  ends.push(() => line.end());
  await start([], undefined, await openExternal(line.url));
  expect(await advisoryLocks("granted")).toBe(1);
  // More than the pool has connections. The name of the column in the answer to each try.
  line.cutAnswers("held", () => line.cuts() < 4);
  await dropOtherConnections(client);
  await eventually("lost answers", async () => line.cuts() === 4);
  await eventually("the lock", async () => (await advisoryLocks("granted")) === 1);
});

it.concurrent("runs the jobs of a queue one after the other without a poll for each", async (context) => {
  const { start, enqueue } = await surroundings(context);
  for (let n = 0; n < 40; n++) await enqueue(`${n}`, n % 4 === 0 ? "other" : "one");
  const done: string[] = [];
  // Longer than the test may take: only the end of one job, or a notification, makes a worker look for the next.
  await start(done, 3_600_000);
  await eventually("every job", async () => done.length === 40);
  const ofOne = done.filter((name) => Number(name) % 4 !== 0).map(Number);
  expect(ofOne).toEqual(ofOne.toSorted((a, b) => a - b));
});

it.concurrent("frees a job that is locked by this process but not run by it, with its queue, and no job that runs or is another process's", async (context) => {
  const { database, client, ends, start, enqueue, locked } = await surroundings(context);
  const pool = new pg.Pool({ connectionString: database.url });
  ends.push(() => pool.end());
  for (const name of ["orphaned", "running", "foreign"]) await enqueue(name, name);
  const lock = (table: string, column: string) =>
    client.query(
      `update graphile_worker._private_${table} set locked_at = now(),
        locked_by = case when ${column} like '%foreign%' then 'other' else 'ours' end`,
    );
  await lock("jobs", "payload::text");
  await lock("job_queues", "queue_name");
  const { rows } = await client.query<{ id: string }>(
    "select id from graphile_worker._private_jobs where payload ->> 'name' = 'running'",
  );
  const events = new EventEmitter();
  const look = watchOrphanedJobs(pool, events, ["ours"]);
  events.emit("job:start", { job: rows[0] });
  // The first look may meet a job between its being taken and its start.
  expect([await look(), await look(), await look()]).toEqual([0, 1, 0]);
  expect(await locked()).toBe(2);
  const done: string[] = [];
  await start(done);
  await eventually("the orphaned job", async () => done.length === 1);
  expect(done).toEqual(["orphaned"]);
});

it.concurrent("deletes queues without a job, never one that a job is just being added to", async (context) => {
  const { database, client, ends, start, enqueue, locked } = await surroundings(context);
  const pool = new pg.Pool({ connectionString: database.url });
  ends.push(() => pool.end());
  const names = async (): Promise<string[]> => {
    const sql = "select queue_name from graphile_worker._private_job_queues order by 1";
    return (await client.query<{ queue_name: string }>(sql)).rows.map((row) => row.queue_name);
  };
  const done: string[] = [];
  const runner = await start(done);
  for (const name of ["a", "b", "c"]) await enqueue(name, name);
  await eventually("the jobs", async () => done.length === 3 && (await locked()) === 0);
  await runner.stop();
  await enqueue("waits", "c");
  await dropUnusedQueues(pool, 4);
  expect(await names()).toEqual(["a", "b", "c"]);
  await client.query("begin");
  await enqueue("half added", "a");
  // Gives up, because the transaction above is in its way.
  await dropUnusedQueues(pool, 3);
  await client.query("commit");
  expect(await names()).toEqual(["a", "b", "c"]);
  await dropUnusedQueues(pool, 3);
  expect(await names()).toEqual(["a", "c"]);
  await start(done);
  await eventually("the rest", async () => done.length === 5);
  expect(done.slice(3).toSorted()).toEqual(["half added", "waits"]);
});

it.concurrent("analyzes a table that has got its first rows, and again when it has twice as many, so that the planner knows it", async (context) => {
  const { client, start } = await surroundings(context);
  // As a migration does that tells the planner something of a table: it is known then, as one without rows.
  await client.query("analyze organizations");
  await start([]);
  const known = async (): Promise<number> => {
    const { rows } = await client.query<{ rows: number }>(
      "select reltuples::int as rows from pg_class where oid = 'organizations'::regclass",
    );
    return rows[0]?.rows ?? 0;
  };
  const add = (count: number) =>
    client.query(
      `begin; set local role rookery_worker;
       insert into organizations select gen_random_uuid(), 'n', now(), now() from generate_series(1, ${count}); commit`,
    );
  await add(300);
  await eventually("statistics of 300", async () => (await known()) >= 300);
  await add(400);
  await eventually("statistics of 700", async () => (await known()) >= 700);
});

it.concurrent("a job that is enqueued anew while it runs is run again, and the one that ran is not left behind when its process dies", async (context) => {
  const { client, start } = await surroundings(context);
  const add = () =>
    client.query("select rookery_enqueue($1)", [
      JSON.stringify([{ task: "note", key: "keyed", payload: { name: "keyed" } }]),
    ]);
  await add();
  // Taken, as by a process that then is killed.
  await client.query(
    "update graphile_worker._private_jobs set locked_by = 'gone', locked_at = now(), attempts = 1",
  );
  await add();
  await add();
  const { rows } = await client.query(
    "select key, attempts, locked_by from graphile_worker._private_jobs order by id",
  );
  expect(rows).toEqual([
    { key: null, attempts: 1, locked_by: "gone" },
    { key: "keyed", attempts: 0, locked_by: null },
  ]);
  await client.query("update graphile_worker._private_jobs set locked_by = null, locked_at = null");
  const done: string[] = [];
  await start(done);
  await eventually("both", async () => done.length === 2);
});

it.concurrent("a job waits by PostgreSQL's clock", async (context) => {
  const { client } = await surroundings(context);
  await client.query("select rookery_enqueue($1)", [
    JSON.stringify([{ task: "note", delayMs: 90_000, payload: {} }]),
  ]);
  const { rows } = await client.query(
    "select run_at - created_at = interval '90 seconds' as right from graphile_worker._private_jobs",
  );
  expect(rows).toEqual([{ right: true }]);
});

it.concurrent("jobs that were added while PostgreSQL's clock was ahead wait as long as they were to, from when it is set right", async (context) => {
  const { client, start, enqueue } = await surroundings(context);
  const add = (name: string, delayMs: number) =>
    client.query("select rookery_enqueue($1)", [
      JSON.stringify([{ task: "note", key: name, delayMs, payload: { name } }]),
    ]);
  await add("due", 0);
  await add("in an hour", 3_600_000);
  await client.query(
    "update graphile_worker._private_jobs set run_at = run_at + interval '30 days', updated_at = updated_at + interval '30 days'",
  );
  await add("in a month", 30 * 86_400_000);
  await enqueue("now");
  const done: string[] = [];
  await start(done);
  await eventually("the job of that clock", async () => done.length === 2);
  expect(done).toEqual(["now", "due"]);
  const waiting = await eventually("the end of both is recorded", async () => {
    const { rows } = await client.query(
      `select key, run_at < now() + interval '1 hour' and run_at > now() + interval '59 minutes' as "inAnHour",
        run_at > now() + interval '29 days' as "inAMonth" from graphile_worker._private_jobs order by key`,
    );
    return rows.length === 2 && rows;
  });
  expect(waiting).toEqual([
    { key: "in a month", inAnHour: false, inAMonth: true },
    { key: "in an hour", inAnHour: true, inAMonth: false },
  ]);
});
