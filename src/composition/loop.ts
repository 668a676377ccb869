/** Turns of this process's event loop. */
import { availableParallelism } from "node:os";
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
