/** What is answered when a caller may not take the event loop. */
import { type Failure, fail } from "../../domain/door/failures.ts";
import { QueueFull } from "../../lib/fair-queue.ts";
import { LoopTurnsFull } from "../../lib/loop-turns.ts";

/** The failure in place of LoopTurnsFull and QueueFull; any other error as it is. */
export const refusalOf = (error: unknown): unknown =>
  error instanceof LoopTurnsFull || error instanceof QueueFull ? tooManyAtOnce() : error;

const tooManyAtOnce = (): Failure =>
  fail("service.unavailable", {
    message: "Too many requests at once",
    hint: "Try again in a few seconds, and send fewer at the same time.",
  });
