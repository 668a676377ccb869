/** The load generator, a process of its own: `node generator.ts <flood>`, with target and what was prepared as a line of JSON on standard input. */
import { constants, getPriority, setPriority } from "node:os";
import { createInterface } from "node:readline";
import type { Prepared, Target } from "./flood.ts";
import { floods } from "./floods/index.ts";

/** A tenth of the server's share of a core that both want. */
const NICE_ABOVE_SERVER = 10;

const flood = floods.find(({ name }) => name === process.argv[2]);
if (flood === undefined) throw new Error(`there is no flood ${process.argv[2]}`);
// A real flood comes from other machines: this one takes what the server and the measuring leave of the cores.
setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICE_ABOVE_SERVER));
const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const next = async (): Promise<string> => String((await lines.next()).value);
// Cast: written by the bench.
const { target, prepared } = JSON.parse(await next()) as { target: Target; prepared: Prepared };
const running = await flood.start(target, prepared);
console.log("started");
for (;;) {
  if ((await next()) === "stop") break;
  console.log(running.done());
}
await running.stop();
process.exit(0);
