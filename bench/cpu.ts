/** CPU time of processes, from /proc: unlike a rate, it hardly depends on what else the machine is doing. */
import { readdir, readFile } from "node:fs/promises";
import { postgresPid } from "../test/support/engine-process.ts";

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

/** Of every process that runs now; none where there is no /proc. */
async function allTimes(): Promise<ProcessTimes[]> {
  const names = await readdir("/proc").catch((): string[] => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  return (await Promise.all(pids.map(timesOf))).filter((times) => times !== null);
}

/** Milliseconds of a process and everything it started, ended children included; 0 when it does not run. */
function treeMs(all: readonly ProcessTimes[], root: number): number {
  const byParent = Map.groupBy(all, ({ parent }) => parent);
  const sum = ({ pid, ownMs, endedMs }: ProcessTimes): number =>
    (byParent.get(pid) ?? []).reduce((total, child) => total + sum(child), ownMs + endedMs);
  const top = all.find(({ pid }) => pid === root);
  return top === undefined ? 0 : sum(top);
}

/** Milliseconds of CPU of a process and everything it started, ended children included; 0 where there is no /proc. */
export const treeCpuMs = async (root: number): Promise<number> => treeMs(await allTimes(), root);

/** Stops a process and everything it started, so that none of it takes a core, until `thaw`. A parent before its children: it starts no more. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  for (const child of await childrenOf(pid)) await freeze(child);
}

/** Children first: a parent would find them silent. */
export async function thaw(pid: number): Promise<void> {
  for (const child of await childrenOf(pid)) await thaw(child);
  process.kill(pid, "SIGCONT");
}

const childrenOf = async (parent: number): Promise<number[]> =>
  (await allTimes()).filter((times) => times.parent === parent).map(({ pid }) => pid);

/** Milliseconds of CPU since the processes began. */
export interface Cpu {
  readonly node: number;
  readonly postgres: number;
}

/** CPU so far of a process, and of the embedded PostgreSQL in its data directory, which is a child of it. */
export async function cpuOf(pid: number, dataDir: string): Promise<Cpu> {
  const [postmaster, all] = [await postgresPid(dataDir), await allTimes()];
  const postgres = treeMs(all, postmaster);
  return { node: treeMs(all, pid) - postgres, postgres };
}

/** CPU of each, for one of `count` things done between two readings. */
export const cpuPer = (before: Cpu, after: Cpu, count: number): string =>
  `${((after.node - before.node) / count).toFixed(2)} ms of Node, ${((after.postgres - before.postgres) / count).toFixed(2)} ms of PostgreSQL`;

/**
 * Does some work in this process, and times it. @param units pieces of work that it is, named in the row's title
 * @returns a row: seconds, pieces a second, and CPU of this process and of the PostgreSQL in `dataDir`
 */
export async function timedRow(
  dataDir: string,
  title: string,
  units: number,
  work: () => Promise<void>,
): Promise<readonly [string, string]> {
  const [before, began] = [await cpuOf(process.pid, dataDir), performance.now()];
  await work();
  const seconds = (performance.now() - began) / 1000;
  const after = await cpuOf(process.pid, dataDir);
  const cpu = (name: "node" | "postgres"): string => `${((after[name] - before[name]) / 1000).toFixed(2)} s`;
  return [
    title,
    `${seconds.toFixed(2)} s, ${(units / seconds).toFixed(0)} a second; CPU ${cpu("node")} of Node, ${cpu("postgres")} of PostgreSQL`,
  ];
}

/** What the machine did as a whole, milliseconds of CPU since it began. */
export interface MachineCpu {
  readonly busy: number;
  /** Taken by the hypervisor for other machines. */
  readonly stolen: number;
}

/** Zeros where there is no /proc. */
export async function machineCpu(): Promise<MachineCpu> {
  const stat = await readFile("/proc/stat", "utf8").catch(() => "cpu 0");
  // proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = (
    stat.split("\n", 1)[0] ?? ""
  )
    .split(/ +/)
    .slice(1)
    .map((ticks) => Number(ticks) * MS_PER_TICK);
  return { busy: user + nice + system + irq + softirq, stolen };
}

/** Milliseconds that a process's main thread was ready to run and had no core; 0 where the system does not say. */
export async function runDelayMs(pid: number): Promise<number> {
  const schedstat = await readFile(`/proc/${pid}/task/${pid}/schedstat`, "utf8").catch(() => "0 0 0");
  return Number(schedstat.split(" ")[1] ?? 0) / 1e6;
}
