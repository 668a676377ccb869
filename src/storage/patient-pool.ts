/**
 * A pool that retries lost connections, so that the job queue survives a failover. graphile-worker retries only a few error
 * codes, a lost connection not among them, and does not await the completion of a job: a failover would end the process with
 * an unhandled rejection, or leave jobs locked by a living process.
 */
import pg from "pg";
import { type ConnectionLost, LossWatch, lossOfConnecting } from "./connection-loss.ts";

/** Of the codes that the library retries, the one with the shortest back-off: 50 ms at first, 5 s at most, 100 times. */
const TRY_AGAIN = "40001";

type Call = (...args: unknown[]) => unknown;

/** A method that may take a callback: then it returns no promise, and its errors go to the callback unchanged. */
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

/** For idempotent statements only: one whose response was lost is sent again. */
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
