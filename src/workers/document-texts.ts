/** Takes text out of attached documents, one after the other: a thread is busy with each for up to ten seconds. */
import type { Outside } from "../domain/door/outside.ts";
import { type ExtractParts, extractBlobText, knownText } from "../domain/mail/blobs/index.ts";
import { createFairQueue, QueueFull } from "../lib/fair-queue.ts";
import { MAX_DOCUMENTS_AT_ONCE, MAX_DOCUMENTS_QUEUED } from "./limits.ts";

/** One per process. */
export function createDocumentTexts(parts: ExtractParts): Outside["documentText"] {
  const queue = createFairQueue(MAX_DOCUMENTS_AT_ONCE, MAX_DOCUMENTS_QUEUED);
  return async (order) => {
    const known = await knownText(parts.database, order);
    if (known !== undefined) return known;
    try {
      await queue.acquire(order.podId);
    } catch (error) {
      if (error instanceof QueueFull) return false;
      throw error;
    }
    try {
      // Somebody may have asked for the same in the meantime.
      return (await knownText(parts.database, order)) ?? (await extractBlobText(parts, order));
    } finally {
      queue.release(order.podId);
    }
  };
}
