/**
 * Lets the job queue live through the loss of the database. graphile-worker tries again only on a few error codes, a
 * connection that is gone not being among them, and does not wait for the writing down of a job's end: a failover would
 * end the process with an unhandled rejection, or leave jobs locked by a process that lives on.
 */
import pg from "pg";
import { type ConnectionLost, LossWatch, lossOfConnecting } from "./connection-loss.ts";

/** Of those on which the library tries again, the one with the shortest pause: 50 ms at first, 5 s at most, 100 times. */
const TRY_AGAIN = "40001";

type Call = (...args: unknown[]) => unknown;

/** A method that may take a callback: then it gives no promise, and its errors go to the callback as they are. */
const patient =
  (call: Call, lossOf: (error: unknown) => ConnectionLost | null): Call =>
  (...args) => {
    const result = call(...args);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      const loss = lossOf(error);
      throw loss === null ? error : Object.assign(loss, { code: TRY_AGAIN });
    });
  };

/** Statements that may safely run twice only: one whose answer was lost is sent again. */
export function patientPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  const watch = new LossWatch(pool);
  pool.on("connect", (client) => {
    // Decoder: the same methods, overloads and all.
    client.query = patient(client.query.bind(client) as Call, (error) =>
      watch.lossOf(error, client),
    ) as typeof client.query;
  });
  pool.connect = patient(pool.connect.bind(pool) as Call, lossOfConnecting) as typeof pool.connect;
  return pool;
}
