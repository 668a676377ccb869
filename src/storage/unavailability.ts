/** Which errors say that the database cannot serve right now, and might in a moment. */
import { QueueFull } from "../lib/fair-queue.ts";
import { ConnectionLost } from "./connection-loss.ts";
import { isReadOnly, isRightTaken, postgresError } from "./errors.ts";

/**
 * `unreachable`: it is down, going down, lets us or our role do nothing any more, or the connection was lost. `overloaded`: the caller's own queue is full. `busy`: a
 * statement took too long, found no memory or connection left, or met others each time it was tried. `full`: its disk is. `readOnly`: nothing may be written to it, as to a standby
 * that is to take over.
 */
export type Unavailability = "unreachable" | "overloaded" | "busy" | "full" | "readOnly";

/** Class of SQLSTATEs (PostgreSQL appendix A) of a connection that is refused for who asks, such as a role whose password was changed. */
const REFUSED = "28";
/** SQLSTATEs of a disk on which nothing more can be written, or not now. */
const full = new Set(["53100", "58030"]);
/**
 * query_canceled (a deadline), the rest of class 53, insufficient resources, and what others held up as often as a transaction is tried:
 * serialization_failure and deadlock_detected.
 */
const busy = new Set(["57014", "53000", "53200", "53300", "53400", "40001", "40P01"]);

/** Null for an error that a retry does not resolve. */
export function unavailabilityOf(error: unknown): Unavailability | null {
  if (error instanceof QueueFull) return "overloaded";
  if (error instanceof ConnectionLost) return "unreachable";
  if (isReadOnly(error)) return "readOnly";
  const code = postgresError(error)?.code ?? "";
  if (code.startsWith(REFUSED) || isRightTaken(error)) return "unreachable";
  if (full.has(code)) return "full";
  return busy.has(code) ? "busy" : null;
}
