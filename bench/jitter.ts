/**
 * How evenly the machine itself runs. Where plain arithmetic takes four times its p50 at p99, as on a virtual machine whose neighbours
 * are busy, so does every request, whatever it does.
 */
import { setTimeout as pause } from "node:timers/promises";
import { ms, percentile } from "./report.ts";

/** Of arithmetic, and the pause between them: as requests come, some 3 ms each. */
const [PIECES, ROUNDS, PAUSE_MS] = [500, 500_000, 3];

/** Takes three seconds or so, before anything else runs. @returns "p50 3.3 ms, p99 14.0 ms" */
export async function jitter(): Promise<string> {
  const samples: number[] = [];
  let value = 0;
  while (samples.length < PIECES) {
    const began = performance.now();
    for (let round = 0; round < ROUNDS; round++) value = (value * 31 + round) | 0;
    samples.push(performance.now() - began);
    await pause(PAUSE_MS);
  }
  return `p50 ${ms(percentile(samples, 0.5))}, p99 ${ms(percentile(samples, 0.99))}`;
}
