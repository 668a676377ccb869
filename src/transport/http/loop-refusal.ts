/** What is answered when a caller may not wait: for the event loop, or for what is read a few at once. */
import { type Failure, fail } from "../../domain/door/failures.ts";
import { QueueFull } from "../../lib/fair-queue.ts";
import { LoopTurnsFull } from "../../lib/loop-turns.ts";

/** The failure in place of a queue that is full; any other error as it is. */
export const refusalOf = (error: unknown): unknown =>
  error instanceof LoopTurnsFull || error instanceof QueueFull ? tooManyAtOnce() : error;

const tooManyAtOnce = (): Failure =>
  fail("service.unavailable", {
    message: "Too many requests at once",
    hint: "Try again in a few seconds, and send fewer at the same time.",
  });
