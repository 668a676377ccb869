/** Starts the load generator on the last core, where the system can pin it, and asks it what it did. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isInstalled } from "../smtp-source.ts";
import type { Flood, Prepared, Target } from "./flood.ts";

export interface Generator {
  readonly pid: number;
  /** How much it asked of the server so far. */
  done(): Promise<number>;
  stop(): Promise<void>;
}

const TASKSET = "/usr/bin/taskset";
const entry = fileURLToPath(new URL("./generator.ts", import.meta.url));

export async function startGenerator(flood: Flood, target: Target, prepared: Prepared): Promise<Generator> {
  const pinned = (await isInstalled(TASKSET)) ? [TASKSET, "-c", String(availableParallelism() - 1)] : [];
  const [command = "", ...rest] = [...pinned, process.execPath, entry, flood.name];
  const child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<string> => {
    child.stdin.write(`${line}\n`);
    const answer = await lines.next();
    if (answer.done === true) throw new Error(`the load generator of ${flood.name} ended`);
    return answer.value;
  };
  const { baseUrl, smtpPort, submissionPort, rootKey } = target;
  await ask(JSON.stringify({ target: { baseUrl, smtpPort, submissionPort, rootKey }, prepared }));
  return {
    // taskset becomes the program that it runs.
    pid: child.pid ?? 0,
    done: async () => Number(await ask("done")),
    async stop() {
      child.stdin.write("stop\n");
      await ended;
    },
  };
}
