/** Memory for answers that are not read to their end: downloads, and answers with a long list or a large text. All dialects share it. */
import type { Context } from "hono";
import { fail } from "../../domain/door/failures.ts";
import { createFairQueue, type FairQueue } from "../../lib/fair-queue.ts";
import { createFairShare, type FairShare } from "../../lib/fair-share.ts";
import { bindingsOf } from "./bindings-of.ts";
import { LARGE_DOWNLOADS_READ, MAX_DOWNLOADS_QUEUED, SMALL_ANSWER_BYTES } from "./limits.ts";

export interface UnreadAnswers {
  /** Of downloads, which are counted before their bytes are read. */
  readonly share: FairShare;
  /** Those whose bytes are being read. */
  readonly reading: FairQueue;
  /**
   * Counts an answer until its response is closed: a slow client, or one that stopped reading, has us hold its bytes.
   * @throws Failure service.unavailable when the tenant's share has no room
   */
  hold(context: Context, tenant: string, answer: string | Uint8Array): void;
}

/** @param totalBytes one tenant alone may have half */
export function createUnreadAnswers(totalBytes: number): UnreadAnswers {
  const share = createFairShare(totalBytes);
  return {
    share,
    reading: createFairQueue(LARGE_DOWNLOADS_READ, MAX_DOWNLOADS_QUEUED),
    hold(context, tenant, answer) {
      // No text has fewer bytes than characters, nor more than three for each.
      if (answer.length <= SMALL_ANSWER_BYTES) return;
      const { outgoing } = bindingsOf(context);
      if (outgoing === undefined || outgoing.destroyed) return;
      // One that is larger than a share is answered while nobody holds anything: refused, it would be so for ever.
      const bytes = Math.min(Buffer.byteLength(answer), Math.floor(totalBytes / 2));
      if (!share.tryAcquire(tenant, bytes))
        throw fail("service.unavailable", {
          message: "Too many large answers that are not read yet",
          hint: "Read answers to their end, ask for fewer at once, or for smaller pages with `limit`.",
        });
      outgoing.once("close", () => share.release(tenant, bytes));
    },
  };
}
