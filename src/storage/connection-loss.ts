/** Distinguishes a lost connection from a failed statement. */
import pg from "pg";

/** The database is unreachable, or the connection was lost. Whether a COMMIT under way succeeded is unknown. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  constructor(cause: unknown) {
    super("the connection to the database was lost", { cause });
  }
}

/**
 * SQLSTATEs of a server that is shutting down, down or starting, besides class 08, and of a connection that it ended because
 * a transaction on it was idle (this process was stopped meanwhile).
 */
const serverIsLeaving = new Set(["57P01", "57P02", "57P03", "25P03"]);

/**
 * Tracks which connections of a pool are lost. The driver's own errors have no code: a lost connection is distinguished
 * from a value that cannot be serialized by whether the connection still exists.
 */
export class LossWatch {
  readonly #gone = new WeakSet<object>();

  constructor(pool: pg.Pool) {
    // The pool replaces a lost connection, and its user gets the error from the statement; without a listener the event
    // would end the process.
    pool.on("error", () => undefined);
    pool.on("connect", (client) => {
      // Emitted before its statements fail.
      client.on("error", () => this.#gone.add(client));
      client.on("end", () => this.#gone.add(client));
    });
  }

  /** ConnectionLost for a statement's error that means it; null for any other error. */
  lossOf(error: unknown, client: pg.PoolClient): ConnectionLost | null {
    if (error instanceof pg.DatabaseError) return isLeaving(error) ? new ConnectionLost(error) : null;
    return this.#gone.has(client) ? new ConnectionLost(error) : null;
  }
}

/** Class of SQLSTATEs (PostgreSQL appendix A) of a server that has no place for a connection. */
const NO_PLACE = "53";

/**
 * ConnectionLost for an error of connecting, also where the server refuses: the database was renamed, is closed (55000), or not there after a failover
 * to another server. Null when it is only full.
 */
export function lossOfConnecting(error: unknown): ConnectionLost | null {
  const isOnlyFull = error instanceof pg.DatabaseError && error.code?.startsWith(NO_PLACE) === true;
  return isOnlyFull ? null : new ConnectionLost(error);
}

const isLeaving = ({ code = "" }: pg.DatabaseError): boolean =>
  serverIsLeaving.has(code) || code.startsWith("08");
