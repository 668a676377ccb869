/**
 * Reads mutations until there are as many as asked, and prints what is wrong with any and how long the slowest took:
 * `node test/mime/run-mutations.ts [count] [seed]`.
 */
import { mutation, randomNumbers } from "./mutations.ts";
import { unsoundness } from "./soundness.ts";

const count = Number(process.argv[2] ?? 1_000_000);
const random = randomNumbers(Number(process.argv[3] ?? 1));
/** Finds printed: the first show the fault. */
const MAX_FINDS = 20;

const faults = new Map<string, Buffer>();
let slowest: { readonly milliseconds: number; readonly raw: Buffer } = {
  milliseconds: 0,
  raw: Buffer.alloc(0),
};
for (let index = 0; index < count && faults.size < MAX_FINDS; index++) {
  const raw = mutation(random);
  const started = process.cpuUsage();
  const fault = unsoundness(raw);
  const { user, system } = process.cpuUsage(started);
  const milliseconds = (user + system) / 1000;
  if (milliseconds > slowest.milliseconds) slowest = { milliseconds, raw };
  if (fault !== null && !faults.has(fault)) faults.set(fault, raw);
  if ((index + 1) % 100_000 === 0)
    console.log(`${index + 1} read, ${faults.size} faults, slowest ${slowest.milliseconds} ms`);
}
for (const [fault, raw] of faults) console.log(`\n${fault}\n${JSON.stringify(raw.toString("latin1"))}`);
console.log(
  `\n${faults.size} faults; the slowest took ${slowest.milliseconds} ms of CPU for ${slowest.raw.length} bytes`,
);
process.exitCode = faults.size === 0 ? 0 : 1;
