/** Memory for the bodies of requests: as they are sent, and the heap that what is made of them takes. */
import { isAscii } from "node:buffer";
import { fail } from "../../domain/door/failures.ts";
import { createFairShare } from "../../lib/fair-share.ts";
import type { HeapBudget } from "../../lib/heap-budget.ts";
import { HEAP_PER_BODY_BYTE, HEAP_PER_WIDE_BODY_BYTE, SMALL_BODY_BYTES } from "./limits.ts";

/** What bodies may take; all dialects of a process share it. */
export interface BodyMemory {
  readonly heap: HeapBudget;
  /** Bytes of bodies; one tenant alone may have half. */
  readonly bodyBytes: number;
}

export interface BodyBudget {
  /** @throws Failure service.unavailable when there is no room now, input.too_large when there never is */
  reserve(tenant: string, bytes: number): BodyReservation;
}

export interface BodyReservation {
  /** Called with the whole body before it is parsed. @throws as reserve */
  weigh(body: Buffer): void;
  release(): void;
}

/** Small bodies count against the first budget alone: while a large one has the heap, they are served. */
export function createBodyBudget({ heap, bodyBytes }: BodyMemory): BodyBudget {
  const share = createFairShare(bodyBytes);
  return {
    reserve(tenant, bytes) {
      const isSmall = bytes <= SMALL_BODY_BYTES;
      const reserved = isSmall ? null : heap.tryReserve(tenant, bytes * HEAP_PER_BODY_BYTE);
      if (!isSmall && reserved === null) throw refusal(heap, bytes * HEAP_PER_BODY_BYTE);
      if (!share.tryAcquire(tenant, bytes)) {
        reserved?.release();
        throw unavailable();
      }
      return {
        weigh(body) {
          if (reserved === null || !isWide(body)) return;
          if (!reserved.tryGrow(bytes * (HEAP_PER_WIDE_BODY_BYTE - HEAP_PER_BODY_BYTE)))
            throw refusal(heap, bytes * HEAP_PER_WIDE_BODY_BYTE);
        },
        release() {
          reserved?.release();
          share.release(tenant, bytes);
        },
      };
    },
  };
}

/** First byte of the characters from U+0100 on in UTF-8: a text with one of them takes two bytes for each character. */
const WIDE = 0xc4;

/**
 * An escape may stand for one of them. ASCII without escapes, as files in base64 are, is not looked at byte by byte. In a loop: a search for both bytes of an escape takes several
 * times as long in a text of lines, each with an escape of its own.
 */
function isWide(body: Buffer): boolean {
  if (isAscii(body) && !body.includes(BACKSLASH)) return false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (byte >= WIDE || (byte === BACKSLASH && body[at + 1] === LETTER_U)) return true;
  }
  return false;
}

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

const refusal = (heap: HeapBudget, bytes: number): Error =>
  bytes > heap.totalBytes
    ? fail("input.too_large", {
        message: "The request body is larger than this server has memory for",
        hint: "Send attachments in several messages, or by URL; or have the server run with more heap (NODE_OPTIONS=--max-old-space-size).",
      })
    : unavailable();

const unavailable = (): Error =>
  fail("service.unavailable", {
    message: "Too many large requests at once",
    hint: "Try again in a few seconds, and send fewer of this size at the same time.",
  });
