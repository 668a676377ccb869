/** Turns of the event loop for work of strangers: callers of whom nothing is known but their network. */
import { createFairQueue, QueueFull } from "./fair-queue.ts";
import { type LoopTurns, LoopTurnsFull, type Pause } from "./loop-turns.ts";

/**
 * Runs `work` of a stranger from this network in a turn of the loop, as `LoopTurns.during`.
 * @throws LoopTurnsFull when as many of the network wait as may, and as `work` does
 */
export type StrangersTurns = <Result>(
  network: string,
  work: (pause: Pause) => Promise<Result>,
) => Promise<Result>;

/**
 * All of them are one tenant: as a tenant each, a thousand networks would have a thousand parts of 1,001 of the loop. Among themselves networks
 * take turns: whoever asks for little waits for a piece of each of the others, however much those ask for.
 * @param tenant as which the loop knows them
 * @param atOnce pieces under way, or about to be; one network alone has half of them, and one that has none may begin whatever the others do
 * @param maxWaiting pieces of one network that may wait
 */
export function createStrangersTurns(
  { during }: Pick<LoopTurns, "during">,
  parts: { readonly tenant: string; readonly atOnce: number; readonly maxWaiting: number },
): StrangersTurns {
  const queue = createFairQueue(parts.atOnce, parts.maxWaiting);
  return async (network, work) => {
    await queue.acquire(network).catch((error: unknown) => {
      throw error instanceof QueueFull ? new LoopTurnsFull(error.message) : error;
    });
    try {
      return await during(parts.tenant, work);
    } finally {
      queue.release(network);
    }
  };
}
