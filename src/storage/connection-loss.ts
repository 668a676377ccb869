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

/** Whatever the driver throws when there is no connection as the loss that it is; null for any other error. */
export function lossOf(error: unknown): ConnectionLost | null {
  if (!(error instanceof pg.DatabaseError)) return new ConnectionLost(error);
  const { code = "" } = error;
  return serverIsLeaving.has(code) || code.startsWith("08") ? new ConnectionLost(error) : null;
}
