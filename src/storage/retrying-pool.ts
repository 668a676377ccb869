/**
 * A pool that lets the job runner survive the loss of the database. graphile-worker retries on a few error codes only, a
 * lost connection not being among them, and does not wait for the recording of a job's end: a failover would end the
 * process with an unhandled rejection, or leave jobs locked by a process that lives on.
 */
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { codeOf } from "../lib/error-code.ts";
import { type ConnectionLost, LossWatch, lossOfConnecting } from "./connection-loss.ts";
import type { Engine } from "./engines/engine.ts";
import { askWhileIdle, endOf, poolConfig, SilenceWatch } from "./line.ts";
import { unavailabilityOf } from "./unavailability.ts";

/** Of the codes on which the library retries, the one with the shortest pause: 50 ms at first, 5 s at most, 100 times. */
const RETRYABLE = "40001";

type Call = (...args: unknown[]) => unknown;

/**
 * Gives losses a code to retry on, and whatever else says that the database cannot do it now, as when its disk is full. With a callback the method
 * gives no promise, and its errors go there as they are.
 */
const retrying =
  (call: Call, lossOf: (error: unknown) => ConnectionLost | null): Call =>
  (...args) => {
    const result = call(...args);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      const passing = lossOf(error) ?? (unavailabilityOf(error) === null ? null : notNow(error));
      throw passing === null ? error : Object.assign(passing, { code: RETRYABLE });
    });
  };

/** The error has a code of its own. */
const notNow = (error: unknown): Error =>
  new Error(error instanceof Error ? error.message : String(error), { cause: error });

/** Milliseconds for statements under way when the pool is ended; by then what used it has stopped, or does not. */
const CLOSE_MS = 500;

export interface RetryingPool {
  readonly pool: pg.Pool;
  /** Resolves once nobody holds a connection or waits for one. */
  idle(): Promise<void>;
  /**
   * Who asks for a connection later waits for ever. The library records the end of a job without handling the error, and sends a
   * statement whose connection was cut again: refused, either would be an unhandled rejection, which ends the process.
   */
  end(): Promise<void>;
}

export interface RetryingOptions {
  /** PostgreSQL's settings of each connection, by name. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Whether who asks for a connection waits until there is one, or the pool is ended: the library gives up after a hundred tries, some eight minutes. */
  readonly waitsToConnect?: boolean;
}

/** For statements that may safely run twice only: one whose answer was lost is sent again. */
export function retryingPool(
  engine: Engine,
  max: number,
  { settings = {}, waitsToConnect = false }: RetryingOptions = {},
): RetryingPool {
  const pool = new pg.Pool(poolConfig(engine, { max }, settings));
  const watch = new LossWatch(pool);
  const end = endOf(pool);
  // Those that wait for notices, or hold a lock, are kept for hours.
  const held = new WeakSet<pg.Client>();
  pool.on("acquire", (client) => void held.add(client));
  pool.on("release", (_error, client) => void held.delete(client));
  pool.on("connect", (client) => {
    const silence = new SilenceWatch(client);
    askWhileIdle(client, silence, () => held.has(client));
    // Cast: the same methods, overloads and all.
    const query = answered(client.query.bind(client) as Call, silence);
    client.query = retrying(query, (error) => watch.lossOf(error, client)) as typeof client.query;
  });
  const connectNow = retrying(pool.connect.bind(pool) as Call, lossOfConnecting);
  const connect: Call = (...args) =>
    waitsToConnect && args.length === 0 ? untilConnected(pool, connectNow) : connectNow(...args);
  // Only promises: with a callback the caller handles the error.
  const connectUntilEnd: Call = (...args) =>
    pool.ending && args.length === 0 ? new Promise(() => undefined) : connect(...args);
  pool.connect = connectUntilEnd as typeof pool.connect;
  return { pool, idle: () => idleOf(pool), end: () => end(CLOSE_MS) };
}

/** Milliseconds between tries to connect. */
const CONNECT_AGAIN_MS = 500;

/** @returns a connection; once the pool is ended none, ever */
async function untilConnected(pool: pg.Pool, connect: Call): Promise<unknown> {
  while (!pool.ending)
    try {
      return await connect();
    } catch (error) {
      if (codeOf(error) !== RETRYABLE) throw error;
      await pause(CONNECT_AGAIN_MS, undefined, { ref: false });
    }
  return new Promise(() => undefined);
}

/** @returns resolves once nobody holds a connection of the pool, opens one or waits for one */
async function idleOf(pool: pg.Pool): Promise<void> {
  // The library has called for a connection a few microtasks after the job ended.
  await nextTurn();
  while (pool.waitingCount > 0 || pool.totalCount > pool.idleCount) {
    const { promise, resolve } = Promise.withResolvers<void>();
    pool.once("release", () => resolve()).once("remove", () => resolve());
    await promise;
    await nextTurn();
  }
}

/** Has the watch know of each statement. */
const answered =
  (call: Call, silence: SilenceWatch): Call =>
  (...args) => {
    silence.sent();
    const callback = args.at(-1);
    if (typeof callback !== "function") return settled(call(...args), () => silence.answered());
    const done = (...outcome: unknown[]): void => {
      silence.answered();
      callback(...outcome);
    };
    return call(...args.slice(0, -1), done);
  };

/** @returns the same, once `then` has run */
const settled = (result: unknown, then: () => void): unknown =>
  result instanceof Promise ? result.finally(then) : result;
