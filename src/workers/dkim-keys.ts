/** Makes the key pairs of domains, a few at once: each occupies a thread of Node's pool for 100 ms. */
import type { Outside } from "../domain/door/outside.ts";
import { createFairQueue, QueueFull } from "../lib/fair-queue.ts";
import { type DkimKeyPair, dkimAlgorithms, generateDkimKeyPair } from "../protocols/dkim/index.ts";
import { MAX_DKIM_KEYS_AT_ONCE, MAX_DKIM_ORDERS_QUEUED } from "./limits.ts";

/** One per process. */
export function createDkimKeys(): Outside["dkimKeys"] {
  const queue = createFairQueue(MAX_DKIM_KEYS_AT_ONCE, MAX_DKIM_ORDERS_QUEUED);
  const makeForOne = (tenant: string): Promise<readonly DkimKeyPair[]> =>
    queue.during(tenant, () => Promise.all(dkimAlgorithms.map(generateDkimKeyPair)));
  return async ({ tenant, count }) => {
    const pairs: (readonly DkimKeyPair[])[] = [];
    try {
      // One after the other: an order is in the queue once, however many it asks for.
      while (pairs.length < count) pairs.push(await makeForOne(tenant));
    } catch (error) {
      if (error instanceof QueueFull) return [];
      throw error;
    }
    return pairs;
  };
}
