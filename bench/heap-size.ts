/** Loaded into a server (`node --import`): on SIGUSR2 collects garbage and reports what the process holds then, bytes. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";
import { writeReport } from "./process-report.ts";

if (isMainThread) {
  // NODE_OPTIONS, by which servers are given this file, does not take the flag everywhere.
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  process.on("SIGUSR2", () => {
    collect();
    writeReport(process.memoryUsage());
  });
}
