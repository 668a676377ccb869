/** Which errors say that the database cannot serve right now, and might in a moment. */
import { QueueFull } from "../lib/fair-queue.ts";
import { ConnectionLost } from "./connection-loss.ts";
import { postgresError } from "./errors.ts";

/**
 * `unreachable`: it is down, going down, or the connection was lost. `overloaded`: the caller's own queue is full. `busy`: a
 * statement took too long, or found no memory or connection left. `full`: its disk is.
 */
export type Unavailability = "unreachable" | "overloaded" | "busy" | "full";

/** SQLSTATEs (PostgreSQL appendix A) of a disk on which nothing more can be written, or not now. */
const full = new Set(["53100", "58030"]);
/** query_canceled (a deadline), and the rest of class 53, insufficient resources. */
const busy = new Set(["57014", "53000", "53200", "53300", "53400"]);

/** Null for an error that a retry does not resolve. */
export function unavailabilityOf(error: unknown): Unavailability | null {
  if (error instanceof QueueFull) return "overloaded";
  if (error instanceof ConnectionLost) return "unreachable";
  const code = postgresError(error)?.code ?? "";
  if (full.has(code)) return "full";
  return busy.has(code) ? "busy" : null;
}
