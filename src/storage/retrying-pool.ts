/**
 * A pool that lets the job runner survive the loss of the database. graphile-worker retries on a few error codes only, a
 * lost connection not being among them, and does not wait for the recording of a job's end: a failover would end the
 * process with an unhandled rejection, or leave jobs locked by a process that lives on.
 */
import pg from "pg";
import { type ConnectionLost, LossWatch, lossOfConnecting } from "./connection-loss.ts";

/** Of the codes on which the library retries, the one with the shortest pause: 50 ms at first, 5 s at most, 100 times. */
const RETRYABLE = "40001";

type Call = (...args: unknown[]) => unknown;

/** Gives losses a code to retry on. With a callback the method gives no promise, and its errors go there as they are. */
const retrying =
  (call: Call, lossOf: (error: unknown) => ConnectionLost | null): Call =>
  (...args) => {
    const result = call(...args);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      const loss = lossOf(error);
      throw loss === null ? error : Object.assign(loss, { code: RETRYABLE });
    });
  };

/** For statements that may safely run twice only: one whose answer was lost is sent again. */
export function retryingPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  const watch = new LossWatch(pool);
  pool.on("connect", (client) => {
    // Cast: the same methods, overloads and all.
    client.query = retrying(client.query.bind(client) as Call, (error) =>
      watch.lossOf(error, client),
    ) as typeof client.query;
  });
  pool.connect = retrying(pool.connect.bind(pool) as Call, lossOfConnecting) as typeof pool.connect;
  return pool;
}
