/** Which errors say that the database cannot serve right now, and might in a moment. */
import { QueueFull } from "../lib/fair-queue.ts";
import { ConnectionLost } from "./connection-loss.ts";

/** `unreachable`: it is down, going down, or the connection was lost. `overloaded`: the caller's own queue is full. */
export type Unavailability = "unreachable" | "overloaded";

/** Null for an error that a retry does not resolve. */
export function unavailabilityOf(error: unknown): Unavailability | null {
  if (error instanceof QueueFull) return "overloaded";
  return error instanceof ConnectionLost ? "unreachable" : null;
}
