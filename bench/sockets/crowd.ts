/** Many WebSockets of other machines: their clients are a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Crowd {
  /** ws:// */
  readonly url: string;
  /** The sockets take turns with them, as with the addresses of ours that they come from. */
  readonly keys: readonly string[];
  readonly addresses: readonly string[];
  readonly sockets: number;
}

/** An event as the crowd had it. */
export interface Heard {
  readonly sockets: number;
  /** When the last of them had it, milliseconds since 1970. */
  readonly at: number;
}

export interface OpenCrowd {
  /** What became of the event of a message; null: nobody had it. */
  heard(messageId: string): Promise<Heard | null>;
  /** Sockets that ended without being asked to. */
  ended(): Promise<number>;
  /** Ends all of them. */
  stop(): Promise<void>;
}

/** Resolves when all are open and their subscriptions confirmed. */
export async function openCrowd(crowd: Crowd): Promise<OpenCrowd> {
  const entry = fileURLToPath(new URL("./crowd-process.ts", import.meta.url));
  const child = spawn(process.execPath, [entry], { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<unknown> => {
    child.stdin.write(`${line}\n`);
    const answer = await lines.next();
    if (answer.done === true) throw new Error("the crowd's process ended");
    return JSON.parse(answer.value);
  };
  await ask(JSON.stringify(crowd));
  return {
    // Casts: what crowd-process.ts answers.
    heard: async (messageId) => (await ask(messageId)) as Heard | null,
    ended: async () => (await ask("ended")) as number,
    async stop() {
      child.stdin.write("stop\n");
      await exit;
    },
  };
}
