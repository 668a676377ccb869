/**
 * Real PostgreSQL 18 from npm, started by Rookery itself: in the data directory, on a unix socket only, durable. The
 * socket's folder (mode 0700) is its door: whoever may enter it is trusted, so no password exists to leak.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, chown, mkdir, open, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { findBinaries } from "./binaries.ts";
import { chooseAccount, explain, prepareCluster, prepareDirectory, type RunAs } from "./cluster.ts";
import { type Engine, EngineError } from "./engine.ts";
import { lockDirectory, startedAt } from "./process-lock.ts";

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** Told of what takes time or was repaired. */
  readonly log: (line: string) => void;
  /** postgresql.conf settings over ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

const VERSION = "18";
/** Names the socket file; there is no TCP port. */
const PORT = 5432;
/** Octets of a unix socket's path that every system takes. */
const MAX_SOCKET_PATH = 100;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
/** The log is cut at start when it has grown beyond this, bytes. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** For two cores and little memory; every commit is on disk before it is answered. */
const defaults: Readonly<Record<string, string>> = {
  listen_addresses: "",
  fsync: "on",
  synchronous_commit: "on",
  shared_buffers: "128MB",
  max_connections: "200",
  max_wal_size: "2GB",
  checkpoint_timeout: "15min",
  wal_compression: "on",
  random_page_cost: "1.1",
  jit: "off",
};

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** @throws EngineError with one sentence: what is wrong and what to do */
export async function startEmbedded(options: EmbeddedOptions): Promise<Engine> {
  const directory = resolve(options.dataDir);
  const binaries = await findBinaries(process.platform, process.arch);
  const runAs = await chooseAccount();
  await prepareDirectory(directory, runAs);
  const unlock = await lockDirectory(directory);
  try {
    const cluster = await prepareCluster(directory, binaries, runAs, VERSION);
    await endOrphan(cluster, options.log);
    const socket = await socketFolder(directory, runAs);
    const child = await launch(binaries.postgres, cluster, directory, socket, runAs, {
      ...defaults,
      ...options.settings,
    });
    const connection = { host: socket, port: PORT, user: "rookery_owner", database: "rookery" };
    const version = await ready(child, directory, socket);
    return { name: "embedded", connection, version, stop: once(() => stop(child, unlock)) };
  } catch (error) {
    await unlock();
    throw error;
  }
}

function once(act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= act());
}

/** In the data directory, unless its path is too long for a socket: then in a private folder of the system's own. */
async function socketFolder(directory: string, runAs: RunAs | null): Promise<string> {
  const inside = join(directory, "socket");
  const length = Buffer.byteLength(join(inside, `.s.PGSQL.${PORT}`));
  const folder =
    length <= MAX_SOCKET_PATH
      ? inside
      : join(tmpdir(), `rookery-${(await stat(directory)).ino.toString(36)}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (runAs !== null) await chown(folder, runAs.uid, runAs.gid);
  await chmod(folder, 0o700);
  return folder;
}

/** A Rookery killed with -9 leaves its PostgreSQL running: it is shut down in order, losing nothing, and started anew. */
async function endOrphan(cluster: string, log: (line: string) => void): Promise<void> {
  const path = join(cluster, "postmaster.pid");
  const pid = Number((await readFile(path, "utf8").catch(() => "")).split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (!(await servesCluster(pid, cluster))) {
    log(`removing the pid file of a PostgreSQL (process ${pid}) that is gone`);
    await rm(path, { force: true });
    return;
  }
  log(`stopping the PostgreSQL (process ${pid}) that an earlier Rookery left running`);
  process.kill(pid, "SIGINT");
  if (!(await gone(pid, STOP_TIMEOUT_MS)))
    throw new EngineError(
      `A PostgreSQL of an earlier Rookery (process ${pid}) does not stop. End it by hand, then start again.`,
    );
}

/** True when the process runs and is PostgreSQL on this very cluster, not a stranger with the same id. */
async function servesCluster(pid: number, cluster: string): Promise<boolean> {
  if ((await startedAt(pid)) === null) return false;
  if (process.platform !== "linux") return true;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return command.includes("postgres") && command.split("\0").includes(cluster);
}

async function gone(pid: number, timeoutMs: number): Promise<boolean> {
  for (let waited = 0; waited < timeoutMs; waited += POLL_MS) {
    if ((await startedAt(pid)) === null) return true;
    await pause(POLL_MS);
  }
  return false;
}

async function launch(
  postgres: string,
  cluster: string,
  directory: string,
  socket: string,
  runAs: RunAs | null,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const logPath = join(directory, "postgres.log");
  const size = (await stat(logPath).catch(() => null))?.size ?? 0;
  if (size > MAX_LOG_BYTES) await truncate(logPath);
  const log = await open(logPath, "a");
  const args = Object.entries({ ...settings, unix_socket_directories: socket, port: String(PORT) }).flatMap(
    ([name, value]) => ["-c", `${name}=${value}`],
  );
  // Detached: Ctrl-C reaches the whole foreground group, and PostgreSQL must outlive Rookery's own last commits.
  const child = spawn(postgres, ["-D", cluster, ...args], {
    cwd: cluster,
    detached: true,
    env: { LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", log.fd, log.fd],
    ...runAs,
  });
  child.on("error", () => undefined);
  child.unref();
  await log.close();
  return child;
}

/** Waits until it answers; on a new cluster makes the owner and the database. @returns the server's version */
async function ready(child: ChildProcess, directory: string, socket: string): Promise<string> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    if (child.exitCode !== null || child.pid === undefined)
      throw new EngineError(
        explain(`PostgreSQL did not start in ${directory}`, await tail(join(directory, "postgres.log"))),
      );
    const client = new pg.Client({ host: socket, port: PORT, user: "postgres", database: "postgres" });
    client.on("error", () => undefined);
    if (
      await client.connect().then(
        () => true,
        () => false,
      )
    ) {
      try {
        return await prepareDatabase(client);
      } finally {
        await client.end();
      }
    }
    await pause(POLL_MS);
  }
  throw new EngineError(
    `PostgreSQL did not answer within ${START_TIMEOUT_MS / 1000} s. See ${join(directory, "postgres.log")}.`,
  );
}

async function prepareDatabase(client: pg.Client): Promise<string> {
  const owner = await client.query("select from pg_roles where rolname = 'rookery_owner'");
  if (owner.rowCount === 0)
    await client.query("create role rookery_owner login nosuperuser createrole createdb nobypassrls");
  const database = await client.query("select from pg_database where datname = 'rookery'");
  if (database.rowCount === 0) await client.query("create database rookery owner rookery_owner");
  const { rows } = await client.query<{ version: string }>(
    "select split_part(current_setting('server_version'), ' ', 1) as version",
  );
  return rows[0]?.version ?? VERSION;
}

/** The last 16 KB of a file: enough for the reason PostgreSQL gives last. */
async function tail(path: string): Promise<string> {
  return (await readFile(path, "utf8").catch(() => "")).slice(-16_384);
}

/** Fast shutdown: open transactions end, everything committed is on disk. */
async function stop(child: ChildProcess, unlock: () => Promise<void>): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null) {
    child.kill("SIGINT");
    if (!(await gone(child.pid, STOP_TIMEOUT_MS))) child.kill("SIGQUIT");
  }
  await unlock();
}
