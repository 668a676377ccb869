/** Turns of this process's event loop. */
import { availableParallelism } from "node:os";
import { PerformanceObserver } from "node:perf_hooks";
import type { Clock } from "../lib/clock.ts";
import { createLoopTurns, type LoopTurns } from "../lib/loop-turns.ts";
import { MAX_WAITING_PIECES } from "./limits.ts";

/** CPU time of the process so far, milliseconds. */
function processMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export const openLoop = (clock: Clock): LoopTurns =>
  createLoopTurns({
    maxWaiting: MAX_WAITING_PIECES,
    monotonicMs: () => clock.monotonicMs(),
    busyMs: processMs,
    // One core is the loop's; where there is only one besides, a statement at a time is what it does for a flood.
    maxAheadPieces: Math.max(1, availableParallelism() - 1),
  });

/** Tells the loop of collections, which stop it whoever made them necessary. @returns ends it */
export function watchCollections({ collected }: Pick<LoopTurns, "collected">, clock: Clock): () => void {
  const observer = new PerformanceObserver((entries) => {
    const apart = clock.monotonicMs() - performance.now();
    for (const { startTime, duration } of entries.getEntries()) collected(startTime + apart, duration);
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => observer.disconnect();
}
