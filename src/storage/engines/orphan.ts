/**
 * Cleans up after an earlier run. A Rookery killed with -9 leaves its PostgreSQL running; a power cut leaves its pid file.
 * That file is removed only when its process is known to be gone or to be another program. PostgreSQL's second
 * guard, shared memory keyed by the folder's inode, works without the file: a cluster whose processes still run is refused.
 */

import { execFile } from "node:child_process";
import { readFile, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { EngineError } from "./engine.ts";
import { fileError } from "./file-error.ts";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";

const run = promisify(execFile);

/** A fast shutdown writes a checkpoint: a slow disk with a full cache needs this long, milliseconds. */
const FAST_STOP_MS = 60_000;
/** An immediate shutdown writes nothing: its recovery happens at the next start. */
const IMMEDIATE_STOP_MS = 15_000;
const POLL_MS = 10;

interface PidFile {
  readonly pid: number;
  /** Path of the socket that it listens on; null when it has not come that far. */
  readonly socket: string | null;
}

/**
 * Ends a PostgreSQL that an earlier Rookery left running on the cluster, losing nothing. To be called under the directory's lock.
 * @throws EngineError when it does not end, or when it cannot be seen but answers
 */
export async function endOrphan(cluster: string, log: (line: string) => void): Promise<void> {
  const found = await readPidFile(cluster);
  if (found === null) return;
  const identity = await identityOf(found.pid);
  const relation = identity === null ? "none" : await relationOf(found.pid, cluster);
  if (identity !== null && relation === "serves") await endProcess(identity, log);
  // A process of another container is not in our table, but its socket in a shared folder answers us.
  else if (found.socket !== null && (await answers(found.socket)))
    throw new EngineError(
      `A PostgreSQL whose process is not visible here (in another container?) is serving ${cluster}. Stop the Rookery that started it, or set ROOKERY_DATA_DIR elsewhere.`,
    );
  else if (relation === "unclear") return;
  else log(`PostgreSQL (process ${found.pid}) was not shut down: it recovers now`);
  // Left in place, PostgreSQL would refuse a process id that another program has now, or that a zombie keeps until its
  // parent reaps it (forever, where process 1 of a container does not reap).
  await rm(join(cluster, "postmaster.pid"), { force: true });
}

/** postmaster.pid: line 1 the process id, line 4 the port, line 5 the socket's folder (PostgreSQL's miscadmin.h). */
async function readPidFile(cluster: string): Promise<PidFile | null> {
  const text = await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => null);
  if (text === null) return null;
  const lines = text.split("\n");
  const [port = "", folder = ""] = [lines[3]?.trim(), lines[4]?.trim()];
  return {
    pid: Number(lines[0]),
    socket: port === "" || folder === "" ? null : join(folder, `.s.PGSQL.${port}`),
  };
}

/** What a running process has to do with the cluster; "unclear" when the system hides it. */
async function relationOf(pid: number, cluster: string): Promise<"serves" | "stranger" | "unclear"> {
  const command = await commandOf(pid);
  if (command === null) return "unclear";
  if (!/(^|\/)postgres\b/.test(command.program)) return "stranger";
  const own = await stat(cluster);
  const sameFolder = async (path: string): Promise<boolean | null> => {
    const other = await stat(path).catch(() => null);
    return other === null ? null : other.ino === own.ino && other.dev === own.dev;
  };
  // PostgreSQL works in its cluster's folder whatever path led there; looking takes rights that a container may lack.
  const works = process.platform === "linux" ? await sameFolder(`/proc/${pid}/cwd/.`) : null;
  if (works !== null) return works ? "serves" : "stranger";
  return command.folder !== null && (await sameFolder(command.folder)) === true ? "serves" : "unclear";
}

/** A process's program and what follows -D in its arguments. */
async function commandOf(pid: number): Promise<{ program: string; folder: string | null } | null> {
  if (process.platform === "linux") {
    const [program = "", ...args] = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split(
      "\0",
    );
    return program === "" ? null : { program, folder: args[args.indexOf("-D") + 1] ?? null };
  }
  const { stdout } = await run("ps", ["-ww", "-o", "command=", "-p", String(pid)]).catch(() => ({
    stdout: "",
  }));
  // Arguments come joined by spaces: ours are written "-D <folder> -c ...".
  const [, program = "", folder] = /^(.*?)(?: -D (.*?)(?: -c .*)?)?$/.exec(stdout.trim()) ?? [];
  return program === "" ? null : { program, folder: folder ?? null };
}

async function endProcess(identity: ProcessIdentity, log: (line: string) => void): Promise<void> {
  log(`stopping the PostgreSQL (process ${identity.pid}) that an earlier Rookery left running`);
  try {
    process.kill(identity.pid, "SIGINT");
    if (await gone(identity, FAST_STOP_MS)) return;
    process.kill(identity.pid, "SIGQUIT");
    if (await gone(identity, IMMEDIATE_STOP_MS)) return;
  } catch (error) {
    if (!(await isRunning(identity))) return;
    throw fileError(
      `The PostgreSQL that an earlier Rookery left running (process ${identity.pid}) cannot be stopped`,
      error,
    );
  }
  throw new EngineError(
    `The PostgreSQL that an earlier Rookery left running (process ${identity.pid}) does not stop. End it by hand, then start again.`,
  );
}

async function gone(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const tries = Math.ceil(timeoutMs / POLL_MS);
  for (let attempt = 0; attempt < tries; attempt++) {
    if (!(await isRunning(identity))) return true;
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
  return false;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
