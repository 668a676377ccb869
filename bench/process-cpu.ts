/** CPU time of processes, from /proc: unlike a rate, it hardly depends on what else the machine is doing. */
import { readdir, readFile } from "node:fs/promises";

/** Of /proc/<pid>/stat: USER_HZ is 100 on every architecture that Node runs on. */
const MS_PER_TICK = 10;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Milliseconds of user and system time of its own. */
  readonly ownMs: number;
  /** Of its children that have ended. */
  readonly endedMs: number;
}

/** @returns null when the process has just ended */
async function timesOf(pid: number): Promise<ProcessTimes | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (stat === null) return null;
  // The name, in parentheses, may hold anything; the fields behind it are numbered from 3 on (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = (field: number): number => Number(fields[field - 3] ?? 0);
  return {
    pid,
    parent: ticks(4),
    ownMs: (ticks(14) + ticks(15)) * MS_PER_TICK,
    endedMs: (ticks(16) + ticks(17)) * MS_PER_TICK,
  };
}

/** Milliseconds of CPU of a process and everything it started, ended children included; 0 where there is no /proc. */
export async function treeCpuMs(root: number): Promise<number> {
  const names = await readdir("/proc").catch((): string[] => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const all = (await Promise.all(pids.map(timesOf))).filter((times) => times !== null);
  const childrenOf = Map.groupBy(all, ({ parent }) => parent);
  const sum = ({ pid, ownMs, endedMs }: ProcessTimes): number =>
    (childrenOf.get(pid) ?? []).reduce((total, child) => total + sum(child), ownMs + endedMs);
  const top = all.find(({ pid }) => pid === root);
  return top === undefined ? 0 : sum(top);
}

/** The process id on the first line of a pid file. @throws when there is no such file */
export async function readPid(file: string): Promise<number> {
  return Number((await readFile(file, "utf8")).trim().split("\n")[0]);
}
