/**
 * Real PostgreSQL 18 from npm, started by Rookery itself: in the data directory, on a unix socket only, durable. Access is
 * controlled by the mode of the socket's folder (0700), so no password exists to leak.
 */
import { resolve } from "node:path";
import type pg from "pg";
import { chooseAccount } from "./account.ts";
import { findBinaries, reachableBinaries } from "./binaries.ts";
import { prepareCluster, roomFor } from "./cluster.ts";
import { prepareDirectory } from "./data-directory.ts";
import { type Engine, EngineError } from "./engine.ts";
import { endOrphan } from "./orphan.ts";
import { lockDirectory } from "./process-lock.ts";
import { startServer } from "./server.ts";
import { explainOutput } from "./server-output.ts";
import { PORT, prepareSocketFolder } from "./socket-folder.ts";
import { keepRunning } from "./supervise.ts";

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** Called with what takes time or was repaired. */
  readonly log: (line: string) => void;
  /** postgresql.conf settings over ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

const OWNER = "rookery_owner";
const DATABASE = "rookery";

/** For two cores and little memory; every commit is on disk before it is answered. */
const DEFAULTS: Readonly<Record<string, string>> = {
  listen_addresses: "",
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  shared_buffers: "128MB",
  max_connections: "200",
  // A burst of mail must fit between checkpoints: after each one the next change of every page writes a full page image.
  max_wal_size: "2GB",
  checkpoint_timeout: "15min",
  // Among a million messages each mail changes some ten pages that nothing changed since the checkpoint. To compress their images takes a fifth to a third of all CPU
  // that PostgreSQL has for a mail, 0.5 to 0.9 ms; as they are, the log has half as much again to write, 72 KB a mail. (The binaries know pglz alone.)
  wal_compression: "off",
  // Zero-filling each new 16 MB WAL segment blocks all commits for 50 ms. With either setting a full disk stops the server,
  // which recovers once there is space.
  wal_init_zero: "off",
  // On solid-state disks random reads cost nearly the same as sequential ones.
  random_page_cost: "1.1",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
};

/**
 * Starts PostgreSQL on `<dataDir>/postgres`, created when missing, and cleans up after a crash. Its log is
 * `<dataDir>/postgres.log` (cut at start beyond 10 MB), its socket lies in `<dataDir>/socket` or, where that path is too
 * long for a socket, in a private folder among the system's temporary files.
 * @throws EngineError with one sentence: what is wrong and what to do; nothing is left running then
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Engine> {
  const directory = resolve(options.dataDir);
  const found = await findBinaries(process.platform, process.arch);
  const account = await chooseAccount(directory);
  await prepareDirectory(directory, account);
  const unlock = await lockDirectory(directory);
  try {
    const binaries = await reachableBinaries(found, directory, account, options.log);
    const cluster = await prepareCluster(directory, binaries, account);
    await endOrphan(cluster, options.log);
    const socket = await prepareSocketFolder(directory, account);
    const settings = { ...DEFAULTS, ...options.settings };
    const start = (stopping?: AbortSignal) =>
      startServer({ ...options, binaries, directory, cluster, socket, account, settings }, stopping);
    const { server, superuser } = await start();
    const version = await prepareDatabase(superuser, directory).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    const connection = { host: socket, port: PORT, user: OWNER, database: DATABASE };
    const startAgain = async (stopping: AbortSignal) => {
      await endOrphan(cluster, options.log);
      const again = await start(stopping);
      await again.superuser.end();
      return again.server;
    };
    const room = () => roomFor(cluster);
    const supervised = keepRunning(server, { startAgain, room, log: options.log });
    return {
      name: "embedded",
      connection,
      version,
      stop: (fastMs) => supervised.stop(fastMs).finally(unlock),
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** On a new cluster, creates the owner role and the database; idempotent, so that the next start completes it after a kill. @returns the server's version */
async function prepareDatabase(superuser: pg.Client, directory: string): Promise<string> {
  try {
    const owner = await superuser.query("select from pg_roles where rolname = $1", [OWNER]);
    if (owner.rowCount === 0)
      await superuser.query(`create role ${OWNER} login nosuperuser createrole createdb nobypassrls`);
    const database = await superuser.query("select from pg_database where datname = $1", [DATABASE]);
    if (database.rowCount === 0) await superuser.query(`create database ${DATABASE} owner ${OWNER}`);
    const { rows } = await superuser.query<{ version: string }>(
      "select split_part(current_setting('server_version'), ' ', 1) as version",
    );
    return rows[0]?.version ?? "unknown";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(explainOutput(`The database could not be made in ${directory}`, reason), {
      cause: error,
    });
  } finally {
    await superuser.end();
  }
}
