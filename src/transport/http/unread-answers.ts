/** Memory for answers that are not read to their end: downloads, and answers with a long list or a large text. All dialects share it. */
import type { Context } from "hono";
import type { Room } from "../../domain/door/door.ts";
import { type Failure, fail } from "../../domain/door/failures.ts";
import { createFairQueue, type FairQueue } from "../../lib/fair-queue.ts";
import { createFairShare, type FairShare } from "../../lib/fair-share.ts";
import type { HeapBudget } from "../../lib/heap-budget.ts";
import { bindingsOf } from "./bindings-of.ts";
import {
  HEAP_PER_READ_BYTE,
  LARGE_DOWNLOADS_READ,
  MAX_DOWNLOADS_QUEUED,
  SMALL_ANSWER_BYTES,
} from "./limits.ts";

export interface UnreadAnswers {
  /** Of downloads, which are counted before their bytes are read. */
  readonly share: FairShare;
  /** Those whose bytes are being read, and requests that read many. */
  readonly reading: FairQueue;
  /** For what a request of a tenant reads at once, such as the bodies of a message: counted before it is read, as downloads are. */
  largeRead(tenant: string): LargeRead;
  /**
   * Counts so many bytes of an answer until its response is closed: a slow client, or one that stopped reading, has us hold them.
   * @throws Failure service.unavailable when the tenant's share has no room
   */
  hold(context: Context, tenant: string, bytes: number): void;
}

export interface LargeRead {
  /** Waits for the tenant's turn. What was got before is given back. @throws Failure service.unavailable when there is no memory for so many bytes then */
  readonly room: Room;
  /** Gives it back; a no-op when there is none. */
  release(): void;
}

/** @param totalBytes one tenant alone may have half */
export function createUnreadAnswers(totalBytes: number, heap: HeapBudget): UnreadAnswers {
  const share = createFairShare(totalBytes);
  const reading = createFairQueue(LARGE_DOWNLOADS_READ, MAX_DOWNLOADS_QUEUED);
  const atMost = Math.floor(totalBytes / 2);
  return {
    ...{ share, reading },
    largeRead(tenant) {
      let release = (): void => undefined;
      return {
        async room(wanted) {
          release();
          release = () => undefined;
          await reading.acquire(tenant);
          // One that is larger than a share is read while nobody holds anything: refused, it would be so for ever.
          const bytes = Math.min(wanted, atMost);
          const reserved = heap.tryReserve(tenant, wanted * HEAP_PER_READ_BYTE);
          const isShared = reserved !== null && share.tryAcquire(tenant, bytes);
          if (reserved === null || !isShared) {
            reserved?.release();
            reading.release(tenant);
            throw reserved === null ? tooManyLarge() : tooManyUnread();
          }
          release = () => {
            reserved.release();
            share.release(tenant, bytes);
            reading.release(tenant);
          };
        },
        release() {
          release();
          release = () => undefined;
        },
      };
    },
    hold(context, tenant, answerBytes) {
      if (answerBytes <= SMALL_ANSWER_BYTES) return;
      const { outgoing } = bindingsOf(context);
      if (outgoing === undefined || outgoing.destroyed) return;
      // One that is larger than a share is answered while nobody holds anything: refused, it would be so for ever.
      const bytes = Math.min(answerBytes, atMost);
      if (!share.tryAcquire(tenant, bytes)) throw tooManyUnread();
      outgoing.once("close", () => share.release(tenant, bytes));
    },
  };
}

const tooManyLarge = (): Failure =>
  fail("service.unavailable", {
    message: "Too many large messages are read at once",
    hint: "Try again in a few seconds, and read fewer of this size at the same time.",
  });

const tooManyUnread = (): Failure =>
  fail("service.unavailable", {
    message: "Too many large answers that are not read yet",
    hint: "Read answers to their end, ask for fewer at once, or for smaller pages with `limit`.",
  });
