/**
 * Starts PostgreSQL again when it ends by itself, as when the system kills it for memory. Whatever was committed is there
 * when it has recovered; until then statements fail, and are tried again by whoever sent them.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Server } from "./server.ts";

/** Milliseconds before each new start in a row. After the last it is given up: something is wrong that a start does not mend. */
const RESTART_PAUSES_MS = [0, 1000, 5000, 15_000, 30_000, 60_000];
/** A server that ran so long was well: counting begins anew. */
const WELL_MS = 10 * 60_000;

export interface Supervised {
  /** Stops the server that runs, or that is being started. @throws EngineError when it does not end */
  stop(): Promise<void>;
}

/** @param startAgain clears away what the last server left, and starts the next */
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
      log("PostgreSQL runs again");
      return true;
    } catch (error) {
      log(`PostgreSQL could not be started again: ${error instanceof Error ? error.message : error}`);
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
      log(`PostgreSQL ended by itself (${how}): it is started again`);
      for (let runs = false; !runs; attempt++) {
        const pauseMs = RESTART_PAUSES_MS[attempt];
        if (pauseMs === undefined)
          return log("PostgreSQL ends again and again: see its log, then restart Rookery");
        // Cut short when it is to stop, which the next line looks at.
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
