/**
 * Restarts PostgreSQL when it ends by itself, for example by the kernel's OOM killer. After crash recovery every commit is
 * there; until then statements fail, and their callers retry. It never gives up: a full disk may have room again, and a
 * process that goes on without its database answers 503 until somebody restarts it.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Server } from "./server.ts";

/** Milliseconds between starts that fail; the last goes on for ever. A minute costs little, and is short after an hour of a full disk. */
const RETRY_PAUSES_MS = [1000, 2000, 5000, 15_000, 30_000, 60_000];
/** A server that ended sooner than this after its start is started again after a pause, so that a crash loop leaves the processor to others. */
const SHORT_LIFE_MS = 1000;
const SHORT_LIFE_PAUSE_MS = 1000;
/** Milliseconds between looks whether a disk has room again. A look costs nothing, where a start that fails has read up to max_wal_size of log. */
const LOOK_FOR_ROOM_MS = 500;
/** Bytes more than when a start failed that are worth the next: a segment of write-ahead log. */
const WORTH_A_START_BYTES = 16 * 1024 * 1024;

export interface Supervised {
  /** Stops the server that runs, or that is being started. @param fastMs as for Server.stop. @throws EngineError when it does not end */
  stop(fastMs?: number): Promise<void>;
}

export interface SuperviseParts {
  /** Cleans up after the last server, and starts the next; aborted by stop(). */
  readonly startAgain: (stopping: AbortSignal) => Promise<Server>;
  /** @returns free bytes of each disk that the server writes to */
  readonly room: () => Promise<readonly number[]>;
  readonly log: (line: string) => void;
}

export function keepRunning(first: Server, { startAgain, room, log }: SuperviseParts): Supervised {
  const stop = new AbortController();
  let server = first;
  // Interrupted by stop, which the callers check.
  const wait = (ms: number): Promise<void> =>
    pause(ms, undefined, { signal: stop.signal }).catch(() => undefined);

  /** Waits, but no longer than until a disk has room that it had not: mail is refused all the while. */
  const waitForRoom = async (ms: number): Promise<void> => {
    const end = performance.now() + ms;
    const before = await room();
    const isWorthIt = (bytes: number, disk: number): boolean =>
      bytes >= (before[disk] ?? 0) + WORTH_A_START_BYTES;
    while (performance.now() < end && !stop.signal.aborted && !(await room()).some(isWorthIt))
      await wait(LOOK_FOR_ROOM_MS);
  };

  /** Starts until one succeeds, or stop. */
  const replace = async (): Promise<void> => {
    for (let failed = 0; !stop.signal.aborted; failed++)
      try {
        server = await startAgain(stop.signal);
        return log("PostgreSQL is running again");
      } catch (error) {
        const ms = RETRY_PAUSES_MS[Math.min(failed, RETRY_PAUSES_MS.length - 1)] ?? 0;
        if (stop.signal.aborted) return;
        const reason = error instanceof Error ? error.message : error;
        log(
          `PostgreSQL could not be restarted, next try in ${ms / 1000} s, or when there is more disk space: ${reason}`,
        );
        await waitForRoom(ms);
      }
  };

  const supervise = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const began = performance.now();
      const how = await server.ended;
      if (stop.signal.aborted) return;
      log(`PostgreSQL ended by itself (${how}): restarting it`);
      if (performance.now() - began < SHORT_LIFE_MS) await wait(SHORT_LIFE_PAUSE_MS);
      await replace();
    }
  };

  const supervising = supervise();
  return {
    async stop(fastMs) {
      stop.abort();
      await server.stop(fastMs);
      await supervising;
      // The one that was being started meanwhile.
      await server.stop(fastMs);
    },
  };
}
