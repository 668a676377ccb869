/**
 * Loaded into a server (`node --import`): on SIGUSR2 reports how late the event loop was since the last time, milliseconds.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import { writeReport } from "./process-report.ts";

/** Milliseconds between two looks, which the figures of the library hold as well. */
const RESOLUTION_MS = 5;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  process.on("SIGUSR2", () => {
    writeReport({ p99: late(delay.percentile(99)), max: late(delay.max) });
    delay.reset();
  });
}
