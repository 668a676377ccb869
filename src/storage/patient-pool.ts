/**
 * Lets the job queue live through the loss of the database. graphile-worker tries again only on a few error codes, a
 * connection that is gone not being among them, and does not wait for the writing down of a job's end: a failover would
 * end the process with an unhandled rejection, or leave jobs locked by a process that lives on.
 */
import pg from "pg";
import { lossOf } from "./connection-loss.ts";

/** Of those on which the library tries again, the one with the shortest pause: 50 ms at first, 5 s at most, 100 times. */
const TRY_AGAIN = "40001";

function rethrow(error: unknown): never {
  const loss = lossOf(error);
  throw loss === null ? error : Object.assign(loss, { code: TRY_AGAIN });
}

type Call = (...args: unknown[]) => unknown;

/** A method that may take a callback: then it gives no promise, and its errors go to the callback as they are. */
const patient =
  (call: Call): Call =>
  (...args) => {
    const result = call(...args);
    return result instanceof Promise ? result.catch(rethrow) : result;
  };

/** Statements that may safely run twice only: one whose answer was lost is sent again. */
export function patientPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  // A connection that dies is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    // Decoder: the same methods, overloads and all.
    client.query = patient(client.query.bind(client) as Call) as typeof client.query;
  });
  pool.connect = patient(pool.connect.bind(pool) as Call) as typeof pool.connect;
  return pool;
}
