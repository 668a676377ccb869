/** The PostgreSQL process: started, waited for, stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { codeOf } from "../../lib/error-code.ts";
import { settlesWithin } from "../../lib/settles-within.ts";
import type { Account } from "./account.ts";
import { type Binaries, program } from "./binaries.ts";
import { EngineError } from "./engine.ts";
import { fileError } from "./file-error.ts";
import { explainOutput, isStillEnding } from "./server-output.ts";
import { PORT } from "./socket-folder.ts";

export interface ServerOptions {
  readonly binaries: Binaries;
  readonly directory: string;
  readonly cluster: string;
  readonly socket: string;
  readonly account: Account | null;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

export interface Server {
  /** Waits until PostgreSQL answers. @returns a connection as superuser, to be ended by the caller */
  ready(): Promise<pg.Client>;
  /** Resolves with how it ended, e.g. "SIGKILL". */
  readonly ended: Promise<string>;
  /**
   * Fast shutdown: open transactions end, everything committed is on disk. One that takes longer than `fastMs` becomes an
   * immediate one, after which the next start recovers. @throws EngineError when it does not end
   */
  stop(fastMs?: number): Promise<void>;
}

/** Until it answers or says that it is recovering, milliseconds. */
const START_TIMEOUT_MS = 60_000;
/** Recovery after a crash replays at most max_wal_size; a slow disk takes minutes for that. */
const RECOVERY_TIMEOUT_MS = 30 * 60_000;
/** A fast shutdown writes what is not on disk yet. */
const FAST_STOP_MS = 60_000;
/** An immediate one writes nothing; PostgreSQL kills what lingers after 5 s. */
const IMMEDIATE_STOP_MS = 15_000;
const POLL_MS = 10;
/** Processes of a killed server end within a second or so of noticing; this many pauses of that length. */
const ENDING_ATTEMPTS = 40;
const ENDING_PAUSE_MS = 250;
/** The log is cut at start when it has grown beyond this, bytes. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;
/** How much of the log is searched for the reason of a failure, bytes. */
const REASON_BYTES = 65_536;
/** SQLSTATE 57P03, cannot_connect_now: starting up or recovering. */
const CANNOT_CONNECT_NOW = "57P03";

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/**
 * Starts PostgreSQL and waits until it answers.
 * @param stopping ends the wait, and what was started
 * @throws EngineError with PostgreSQL's own reason; nothing is left running then
 */
export async function startServer(
  options: ServerOptions,
  stopping?: AbortSignal,
): Promise<{ server: Server; superuser: pg.Client }> {
  for (let attempt = 0; ; attempt++) {
    const log = await openLog(join(options.directory, "postgres.log"));
    const server = launch(options, log, stopping);
    try {
      return { server, superuser: await server.ready() };
    } catch (error) {
      await server.stop();
      if (attempt < ENDING_ATTEMPTS && stopping?.aborted !== true && isStillEnding(await log.since())) {
        await pause(ENDING_PAUSE_MS);
        continue;
      }
      throw error;
    } finally {
      await log.handle.close();
    }
  }
}

interface ServerLog {
  readonly path: string;
  readonly handle: FileHandle;
  /** What was written since it was opened, at most REASON_BYTES of it. */
  since(): Promise<string>;
}

async function openLog(path: string): Promise<ServerLog> {
  try {
    // Mode 0600: PostgreSQL logs failed statements and conflicting values.
    const handle = await open(path, "a+", 0o600);
    if ((await handle.stat()).size > MAX_LOG_BYTES) await handle.truncate();
    const { size: from } = await handle.stat();
    const since = async (): Promise<string> => {
      const { size } = await handle.stat();
      const start = Math.max(from, size - REASON_BYTES);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(REASON_BYTES), 0, REASON_BYTES, start);
      return buffer.toString("utf8", 0, bytesRead);
    };
    return { path, handle, since };
  } catch (error) {
    throw fileError(`PostgreSQL's log ${path} cannot be written`, error);
  }
}

function launch(options: ServerOptions, log: ServerLog, stopping?: AbortSignal): Server {
  const { cluster, account, directory } = options;
  const settings = { ...options.settings, unix_socket_directories: options.socket, port: String(PORT) };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // Detached: Ctrl-C signals the whole foreground process group, and PostgreSQL must outlive Rookery's last commits.
  const child = spawn(program(options.binaries, "postgres"), ["-D", cluster, ...args], {
    cwd: directory,
    detached: true,
    env: { LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", log.handle.fd, log.handle.fd],
    ...account,
  });
  const life = watch(child);
  // While nothing stops it, it must not keep a finished Rookery from ending either.
  child.unref();
  let stopped: Promise<void> | null = null;
  return {
    ready: () => waitReady(options, life, log, stopping),
    ended: life.ended,
    stop: (fastMs = FAST_STOP_MS) => {
      stopped ??= end(child, life, fastMs);
      return stopped;
    },
  };
}

interface Life {
  /** How it ended, e.g. "exit code 1"; null while it runs. */
  how(): string | null;
  readonly ended: Promise<string>;
}

function watch(child: ChildProcess): Life {
  let how: string | null = null;
  const ended = new Promise<string>((resolve) => {
    const note = (text: string): void => {
      how = text;
      resolve(text);
    };
    child.once("error", (error) => note(error.message));
    child.once("exit", (code, signal) => note(signal ?? `exit code ${code}`));
  });
  return { how: () => how, ended };
}

async function waitReady(
  options: ServerOptions,
  life: Life,
  log: ServerLog,
  stopping?: AbortSignal,
): Promise<pg.Client> {
  const began = performance.now();
  let recovering = false;
  while (performance.now() - began < (recovering ? RECOVERY_TIMEOUT_MS : START_TIMEOUT_MS)) {
    if (stopping?.aborted === true) throw new EngineError("PostgreSQL was stopped while it started");
    const how = life.how();
    if (how !== null) {
      const output = await log.since();
      throw new EngineError(explainOutput(`PostgreSQL did not start in ${options.directory}`, output || how));
    }
    const client = superuserClient(options.socket);
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (codeOf(error) === CANNOT_CONNECT_NOW) recovering = true;
      await client.end();
    }
    await pause(POLL_MS);
  }
  throw new EngineError(
    `PostgreSQL did not answer in time in ${options.directory}. Read ${log.path}, then start again.`,
  );
}

function superuserClient(socket: string): pg.Client {
  const client = new pg.Client({ host: socket, port: PORT, user: "postgres", database: "postgres" });
  // A lost connection also fails its query, which is reported; without a listener the event would end the process.
  client.on("error", () => undefined);
  return client;
}

async function end(child: ChildProcess, life: Life, fastMs: number): Promise<void> {
  const steps = [
    { signal: "SIGINT", timeoutMs: fastMs },
    { signal: "SIGQUIT", timeoutMs: IMMEDIATE_STOP_MS },
  ] as const;
  for (const { signal, timeoutMs } of steps) {
    if (life.how() !== null) return;
    child.ref();
    child.kill(signal);
    if (await settlesWithin(timeoutMs, life.ended)) return;
  }
  throw new EngineError(
    `PostgreSQL (process ${child.pid}) does not stop. End it by hand before you start again.`,
  );
}
