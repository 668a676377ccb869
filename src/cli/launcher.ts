/** npm and the processes between it and this one: when npm is killed, or cannot pass a signal on, this process is left behind. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { identityOf, isRunning, type ProcessIdentity } from "../storage/engines/process-identity.ts";

const run = promisify(execFile);

/** Milliseconds between two looks; a look reads two or three small files. */
const LOOK_MS = 500;
/** Ancestors looked at for the launcher: our wrapper, a shell or two, and npm itself. */
const MAX_GENERATIONS = 5;

const shells = /^-?(sh|dash|ash|bash|zsh|ksh|busybox)$/;

/**
 * Calls `onGone` once, when npm or a process between it and us has ended. Never for what was put into a session of its own
 * (setsid): that is meant to outlive npm.
 */
export async function watchLauncher(onGone: () => void): Promise<void> {
  const chain = await chainToLauncher();
  if (chain.length === 0) return;
  const look = async (): Promise<void> => {
    const running = await Promise.all(chain.map(isRunning));
    if (running.includes(false)) onGone();
    else setTimeout(look, LOOK_MS).unref();
  };
  await look();
}

/** From our parent to the first ancestor that is neither our wrapper nor a shell; empty when that is in another session, or init. */
async function chainToLauncher(): Promise<ProcessIdentity[]> {
  const own = await ancestryOf(process.pid);
  const chain: ProcessIdentity[] = [];
  let pid = own?.parent ?? 0;
  for (let generation = 0; generation < MAX_GENERATIONS && pid > 1; generation++) {
    const identity = await identityOf(pid);
    const ancestry = await ancestryOf(pid);
    if (identity === null || ancestry === null || ancestry.session !== own?.session) return [];
    chain.push(identity);
    // Only our wrapper keeps a channel to us.
    const isWrapper = generation === 0 && process.channel !== undefined;
    if (!isWrapper && !shells.test(ancestry.program)) return chain;
    pid = ancestry.parent;
  }
  return [];
}

interface Ancestry {
  readonly program: string;
  readonly parent: number;
  readonly session: string;
}

async function ancestryOf(pid: number): Promise<Ancestry | null> {
  if (process.platform === "linux") {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // proc(5): the command in parentheses, then state, parent, process group and session.
    const [, program = "", rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
    const [, parent, , session = ""] = rest?.split(" ") ?? [];
    return rest === undefined ? null : { program, parent: Number(parent), session };
  }
  // Without the session, which ps shows on no two systems alike.
  const { stdout } = await run("ps", ["-o", "ppid=,comm=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  const [, parent, path = ""] = /^\s*(\d+)\s+(.*)$/.exec(stdout.trim()) ?? [];
  return parent === undefined
    ? null
    : { program: path.split("/").at(-1) ?? "", parent: Number(parent), session: "" };
}
