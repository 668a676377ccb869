/** Makes the key pairs of domains, a few at once: each occupies a thread of Node's pool for 100 ms. */
import type { DkimKeyPair, Outside } from "../domain/door/outside.ts";
import { createFairQueue, QueueFull } from "../lib/fair-queue.ts";
import { generateDkimKeyPair } from "../protocols/dkim/key-pair.ts";
import { MAX_DKIM_KEYS_AT_ONCE, MAX_DKIM_ORDERS_QUEUED } from "./limits.ts";

/** One per process. */
export function createDkimKeys(): Outside["dkimKeys"] {
  const queue = createFairQueue(MAX_DKIM_KEYS_AT_ONCE, MAX_DKIM_ORDERS_QUEUED);
  const makeOne = async (tenant: string): Promise<DkimKeyPair> => {
    await queue.acquire(tenant);
    try {
      return await generateDkimKeyPair();
    } finally {
      queue.release(tenant);
    }
  };
  return async ({ tenant, count }) => {
    const pairs: DkimKeyPair[] = [];
    try {
      // One after the other: an order is in the queue once, however many it asks for.
      while (pairs.length < count) pairs.push(await makeOne(tenant));
    } catch (error) {
      if (error instanceof QueueFull) return [];
      throw error;
    }
    return pairs;
  };
}
