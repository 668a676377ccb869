/**
 * The processes that run jobs. Each holds an advisory lock on a connection of its own: when the process dies, however it
 * dies, PostgreSQL closes the connection and with it releases the lock, and another process frees the jobs it held.
 */
import { EventEmitter } from "node:events";
import type { WorkerEvents, WorkerUtils } from "graphile-worker";
import type pg from "pg";
import type { Log } from "../lib/log.ts";

export interface Registry {
  /** To be given to every runner: from it the registry learns the names that jobs are locked by. */
  readonly events: WorkerEvents;
  /** Those names; they grow while runners start. */
  readonly names: readonly string[];
  /** Resolves when every name is stored. No job may be taken before: after a kill nothing would say whose it was. */
  ready(): Promise<void>;
  /** Takes this process's own lock again if its connection was lost, and frees the jobs of dead processes. */
  sweep(utils: WorkerUtils, log: Log): Promise<void>;
  /**
   * Frees the jobs that are still locked by this process, and releases its lock; the pool is the caller's to end. Failing that, its
   * row stays, and another process frees them once the lock's connection is gone.
   */
  close(utils: WorkerUtils): Promise<void>;
}

export interface Identity {
  /** UUID of the process. */
  readonly id: string;
  readonly lockKey: number;
  readonly startedAt: Date;
}

/** @param pool as rookery_worker; one of its connections is held until close() */
export async function register(pool: pg.Pool, identity: Identity): Promise<Registry> {
  const names: string[] = [];
  const events: WorkerEvents = new EventEmitter();
  const row = createRow(pool, identity, names);
  // Jobs are locked under the name of the runner's pool, not of the worker that runs them.
  events.on("pool:create", ({ workerPool }) => void names.push(workerPool.id));
  await row.hold();
  return {
    events,
    names,
    ready: () => row.write(),
    async sweep(utils, log) {
      await row.hold();
      await freeJobsOfTheDead(pool, identity.id, utils, log);
    },
    async close(utils) {
      if (names.length > 0) await utils.forceUnlockWorkers([...names]);
      await row.remove();
    },
  };
}

/** This process's lock and row. */
function createRow(pool: pg.Pool, identity: Identity, names: readonly string[]) {
  let holder: pg.PoolClient | null = null;
  let written = 0;
  let writing: Promise<void> | null = null;

  const save = async (): Promise<void> => {
    const count = names.length;
    const sql = `insert into worker_processes (id, lock_key, started_at, worker_ids) values ($1, $2, $3, $4)
      on conflict (id) do update set worker_ids = excluded.worker_ids`;
    await pool.query(sql, [identity.id, identity.lockKey, identity.startedAt, names.slice(0, count)]);
    written = count;
  };
  return {
    async hold(): Promise<void> {
      if (holder !== null) return;
      const client = await pool.connect();
      const { rows } = await client
        .query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [identity.lockKey])
        .catch((error: unknown) => {
          // Closed, so that a lock whose answer was lost does not stay with it. Kept, three such losses would use up the pool,
          // and every later sweep would wait for a connection for ever.
          client.release(true);
          throw error;
        });
      // Not available: the server has not noticed yet that the last connection is gone, or a process that took this one for
      // dead is freeing its jobs.
      if (rows[0]?.held !== true) return client.release();
      holder = client;
      client.once("end", () => {
        if (holder !== client) return;
        holder = null;
        client.release(true);
      });
      // A process that took this one for dead has deleted the row.
      await save();
    },
    async write(): Promise<void> {
      while (written < names.length) {
        writing ??= save().finally(() => {
          writing = null;
        });
        await writing;
      }
    },
    async remove(): Promise<void> {
      await pool.query("delete from worker_processes where id = $1", [identity.id]);
      const client = holder;
      holder = null;
      client?.release(true);
    },
  };
}

/** Processes looked at in one sweep; more than ever run on one database. */
const MAX_PROCESSES = 1000;

async function freeJobsOfTheDead(pool: pg.Pool, self: string, utils: WorkerUtils, log: Log): Promise<void> {
  const { rows } = await pool.query<{ id: string; lock_key: string; worker_ids: string[] }>(
    "select id, lock_key, worker_ids from worker_processes where id <> $1 limit $2",
    [self, MAX_PROCESSES],
  );
  for (const row of rows) {
    const client = await pool.connect();
    try {
      if (await freeIfDead(client, row, utils))
        log.warn(
          { process: row.id, workers: row.worker_ids.length },
          "freed the jobs of a worker process that died",
        );
      client.release();
    } catch (error) {
      // Closed, so that a lock it took does not stay with it and make the dead process look alive.
      client.release(true);
      throw error;
    }
  }
}

async function freeIfDead(
  client: pg.PoolClient,
  row: { readonly id: string; readonly lock_key: string; readonly worker_ids: string[] },
  utils: WorkerUtils,
): Promise<boolean> {
  const { rows } = await client.query<{ free: boolean }>("select pg_try_advisory_lock($1) as free", [
    row.lock_key,
  ]);
  if (rows[0]?.free !== true) return false;
  if (row.worker_ids.length > 0) await utils.forceUnlockWorkers(row.worker_ids);
  await client.query("delete from worker_processes where id = $1", [row.id]);
  await client.query("select pg_advisory_unlock($1)", [row.lock_key]);
  return true;
}
