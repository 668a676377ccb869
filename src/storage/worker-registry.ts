/**
 * Which processes work on jobs. Each holds an advisory lock on a connection of its own: when the process dies, however
 * it dies, PostgreSQL drops the connection and with it the lock, and another process frees the jobs it held.
 */
import { EventEmitter } from "node:events";
import type { WorkerEvents, WorkerUtils } from "graphile-worker";
import type pg from "pg";
import type { Log } from "../lib/log.ts";

export interface Registry {
  /** Give it to every runner: it learns the names that jobs are locked by. */
  readonly events: WorkerEvents;
  freeJobsOfTheDead(utils: WorkerUtils, log: Log): Promise<void>;
  close(): Promise<void>;
}

/** @param pool as rookery_worker; one of its connections is held for good */
export async function register(
  pool: pg.Pool,
  identity: { readonly id: string; readonly lockKey: number; readonly startedAt: Date },
): Promise<Registry> {
  const holder = await pool.connect();
  await holder.query("select pg_advisory_lock($1)", [identity.lockKey]);
  await pool.query("insert into worker_processes (id, lock_key, started_at) values ($1, $2, $3)", [
    identity.id,
    identity.lockKey,
    identity.startedAt,
  ]);
  const events: WorkerEvents = new EventEmitter();
  let written: Promise<unknown> = Promise.resolve();
  // Jobs are locked in the name of the pool, not of the worker that runs them.
  events.on("pool:create", ({ workerPool }) => {
    const sql = "update worker_processes set worker_ids = array_append(worker_ids, $2) where id = $1";
    written = written.then(() => pool.query(sql, [identity.id, workerPool.id])).catch(() => undefined);
  });
  return {
    events,
    freeJobsOfTheDead: (utils, log) => freeJobsOfTheDead(pool, identity.id, utils, log),
    async close() {
      await written;
      await pool.query("delete from worker_processes where id = $1", [identity.id]);
      holder.release(true);
      await pool.end();
    },
  };
}

/** Processes looked at in one go; more than ever run on one database. */
const MAX_PROCESSES = 1000;

async function freeJobsOfTheDead(pool: pg.Pool, self: string, utils: WorkerUtils, log: Log): Promise<void> {
  const { rows } = await pool.query<{ id: string; lock_key: string; worker_ids: string[] }>(
    "select id, lock_key, worker_ids from worker_processes where id <> $1 limit $2",
    [self, MAX_PROCESSES],
  );
  for (const row of rows) {
    const client = await pool.connect();
    try {
      const { rows: tried } = await client.query<{ free: boolean }>(
        "select pg_try_advisory_lock($1) as free",
        [row.lock_key],
      );
      if (tried[0]?.free !== true) continue;
      if (row.worker_ids.length > 0) await utils.forceUnlockWorkers(row.worker_ids);
      await client.query("delete from worker_processes where id = $1", [row.id]);
      await client.query("select pg_advisory_unlock($1)", [row.lock_key]);
      log.warn(
        { process: row.id, workers: row.worker_ids.length },
        "freed the jobs of a worker process that died",
      );
    } finally {
      client.release();
    }
  }
}
