/**
 * Loaded into a server (`node --import`): on SIGUSR2 writes how late the event loop was since the last time, milliseconds,
 * into a file of the temporary directory that bears the process's number.
 */
import { renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** Milliseconds between two looks, which the figures of the library hold as well. */
const RESOLUTION_MS = 5;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  process.on("SIGUSR2", () => {
    const file = join(tmpdir(), `rookery-loop-${process.pid}.json`);
    writeFileSync(`${file}.new`, JSON.stringify({ p99: late(delay.percentile(99)), max: late(delay.max) }));
    renameSync(`${file}.new`, file);
    delay.reset();
  });
}
