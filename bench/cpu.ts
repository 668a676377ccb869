/** CPU time of a server and of its embedded PostgreSQL, read from Linux's /proc: unlike wall time it holds on a busy machine. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Milliseconds of CPU since the processes began. */
export interface Cpu {
  readonly node: number;
  readonly postgres: number;
}

/** Fields of /proc/PID/stat, counted behind the name in parentheses (proc(5)). */
const PARENT = 1;
const OWN_TICKS = [11, 12] as const;
const ENDED_CHILDREN_TICKS = [13, 14] as const;
/** A tick is 10 ms on every Linux that Node runs on. */
const TICK_MS = 10;

/** Empty for a process that has ended. */
function statOf(pid: string): string[] {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "utf8");
    return line.slice(line.lastIndexOf(")") + 2).split(" ");
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ESRCH"].includes(String(error.code)))
      return [];
    throw error;
  }
}

const sum = (stat: readonly string[], fields: readonly number[]): number =>
  fields.reduce((total, field) => total + Number(stat[field] ?? 0) * TICK_MS, 0);

/** The process that serves the data directory's embedded PostgreSQL. */
const postmasterOf = (dataDir: string): string =>
  readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8").split("\n")[0] ?? "";

/** CPU so far of a process and of the PostgreSQL in the data directory, backends that have ended included. */
export function cpuOf(pid: number, dataDir: string): Cpu {
  const postmaster = postmasterOf(dataDir);
  const backends = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((stat) => stat[PARENT] === postmaster);
  const ended = sum(statOf(postmaster), [...OWN_TICKS, ...ENDED_CHILDREN_TICKS]);
  return {
    node: sum(statOf(String(pid)), OWN_TICKS),
    postgres: backends.reduce((total, stat) => total + sum(stat, OWN_TICKS), ended),
  };
}

/** CPU of each, for one of `count` things done between two readings. */
export const cpuPer = (before: Cpu, after: Cpu, count: number): string =>
  `${((after.node - before.node) / count).toFixed(2)} ms of Node, ${((after.postgres - before.postgres) / count).toFixed(2)} ms of PostgreSQL`;
