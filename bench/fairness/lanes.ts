/** Loops of a flood: each asks again as soon as it was answered. */
import { setTimeout as pause } from "node:timers/promises";
import type { Running } from "./flood.ts";

/** Milliseconds before a lane that failed begins again: without it a refused connection is a busy loop. */
const AGAIN_MS = 5;
/** The same for floods that hold what they have got, and are not about asking. */
export const HOLD_AGAIN_MS = 10_000;

/**
 * Runs `count` lanes until they are stopped. A lane that throws begins again: refusals are what a flood is there for.
 * @param turn asks once and reports with `done`; it may go on for several asks while `isOver` is false
 */
export function startLanes(
  count: number,
  turn: (lane: { readonly index: number; isOver(): boolean; done(asked?: number): void }) => Promise<unknown>,
  againMs = AGAIN_MS,
): Running {
  let over = false;
  let asked = 0;
  const one = async (index: number): Promise<void> => {
    const done = (more = 1): void => {
      asked += more;
    };
    const lane = { index, isOver: () => over, done };
    while (!over) await turn(lane).catch(() => pause(againMs));
  };
  const all = Array.from({ length: count }, (_, index) => one(index));
  return {
    done: () => asked,
    async stop() {
      over = true;
      // A lane may wait for an answer that never comes.
      await Promise.race([Promise.all(all), pause(1000)]);
    },
  };
}
