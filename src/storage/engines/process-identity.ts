/**
 * Identity of a process: its id with its start time, because systems reuse the ids of dead processes.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { codeOf } from "../../lib/error-code.ts";

const run = promisify(execFile);

/** Placeholder for a value that this system does not expose. */
const UNKNOWN = "-";

export interface ProcessIdentity {
  readonly pid: number;
  /** The system's run since its last boot; start times of different runs do not compare. */
  readonly boot: string;
  /** When the process started, as text that only compares. */
  readonly start: string;
}

/** The process that has this id now; null when there is none, or only the remains of one (a zombie). */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const start = process.platform === "linux" ? await linuxStart(pid) : await psStart(pid);
  return start === null ? null : { pid, boot: await bootId(), start };
}

/** True while that very process runs. A process whose start is hidden from us counts as running: refusing is the lesser harm. */
export async function isRunning(known: ProcessIdentity): Promise<boolean> {
  const current = await identityOf(known.pid);
  if (current === null || current.boot !== known.boot) return false;
  return current.start === UNKNOWN || current.start === known.start;
}

async function linuxStart(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  // proc(5) hidepid: other people's processes have no entry, yet they can be told from none by signal 0.
  if (stat === null) return exists(pid) ? UNKNOWN : null;
  // Fields behind the command, which is in parentheses and may hold spaces: state is the 1st, start time the 20th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? UNKNOWN);
}

async function psStart(pid: number): Promise<string | null> {
  if (!exists(pid)) return null;
  const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]).catch(() => ({
    stdout: "",
  }));
  const [state = "", ...start] = stdout.trim().split(/\s+/);
  if (state.startsWith("Z")) return null;
  return start.length === 0 ? UNKNOWN : start.join("_");
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

async function bootId(): Promise<string> {
  const text = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => UNKNOWN);
  return text.trim();
}
