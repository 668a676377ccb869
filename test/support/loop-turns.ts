import { createLoopTurns, type LoopTurns } from "../../src/lib/loop-turns.ts";

/** As a server has them, of the event loop of the tests' process. */
export const openLoopTurns = (maxWaiting = 1000, monotonicMs = () => performance.now()): LoopTurns =>
  createLoopTurns({
    maxWaiting,
    monotonicMs,
    busyMs: () => process.cpuUsage().user / 1000,
    maxAheadPieces: 3,
  });
