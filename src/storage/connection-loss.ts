/** Telling a connection that was lost from a statement that was refused. */
import pg from "pg";

/** The database cannot be reached, or went away in the middle. Whether a COMMIT under way was done is not known. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  constructor(cause: unknown) {
    super("the connection to the database was lost", { cause });
  }
}

/** SQLSTATEs of a server that is going down, is down or is coming up, besides class 08. */
const serverIsLeaving = new Set(["57P01", "57P02", "57P03"]);

/**
 * Knows which connections of a pool are gone. The driver's own errors bear no code: one that says so is told from one
 * about a value that cannot be sent by whether the connection is still there.
 */
export class LossWatch {
  readonly #gone = new WeakSet<object>();

  constructor(pool: pg.Pool) {
    // A connection that dies is replaced by the pool, and whoever was using it learns it from the statement; without a
    // listener, idle or not, it would end the process.
    pool.on("error", () => undefined);
    pool.on("connect", (client) => {
      // Told before its statements fail.
      client.on("error", () => this.#gone.add(client));
      client.on("end", () => this.#gone.add(client));
    });
  }

  /** The loss that an error of a statement is; null for any other error. */
  lossOf(error: unknown, client: pg.PoolClient): ConnectionLost | null {
    if (error instanceof pg.DatabaseError) return isLeaving(error) ? new ConnectionLost(error) : null;
    return this.#gone.has(client) ? new ConnectionLost(error) : null;
  }
}

/** The loss that an error of opening a connection is; null when the server was there and refused. */
export function lossOfConnecting(error: unknown): ConnectionLost | null {
  return error instanceof pg.DatabaseError && !isLeaving(error) ? null : new ConnectionLost(error);
}

const isLeaving = ({ code = "" }: pg.DatabaseError): boolean =>
  serverIsLeaving.has(code) || code.startsWith("08");
