/**
 * Restarts PostgreSQL when it ends by itself, for example by the kernel's OOM killer. After crash recovery every commit is
 * there; until then statements fail, and their callers retry.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Server } from "./server.ts";

/** Back-off of consecutive restarts, milliseconds. After the last one it gives up: a restart does not fix the cause. */
const RESTART_PAUSES_MS = [0, 1000, 5000, 15_000, 30_000, 60_000];
/** Uptime after which the back-off is reset. */
const WELL_MS = 10 * 60_000;

export interface Supervised {
  /** Stops the server that runs, or that is being started. @throws EngineError when it does not end */
  stop(): Promise<void>;
}

/** @param startAgain cleans up after the last server, and starts the next */
export function keepRunning(
  first: Server,
  startAgain: () => Promise<Server>,
  log: (line: string) => void,
): Supervised {
  const stop = new AbortController();
  let server = first;

  const replace = async (): Promise<boolean> => {
    try {
      server = await startAgain();
      log("PostgreSQL is running again");
      return true;
    } catch (error) {
      log(`PostgreSQL could not be restarted: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  };

  const supervise = async (): Promise<void> => {
    let attempt = 0;
    while (!stop.signal.aborted) {
      const began = performance.now();
      const how = await server.ended;
      if (stop.signal.aborted) return;
      if (performance.now() - began > WELL_MS) attempt = 0;
      log(`PostgreSQL ended by itself (${how}): restarting it`);
      for (let runs = false; !runs; attempt++) {
        const pauseMs = RESTART_PAUSES_MS[attempt];
        if (pauseMs === undefined)
          return log("PostgreSQL ended too often: see its log, then restart Rookery");
        // Interrupted by stop, which the next line checks.
        await pause(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
        if (stop.signal.aborted) return;
        runs = await replace();
      }
    }
  };

  const supervising = supervise();
  return {
    async stop() {
      stop.abort();
      await server.stop();
      await supervising;
      // The one that was being started meanwhile.
      await server.stop();
    },
  };
}
