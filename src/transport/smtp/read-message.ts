/** Reads DATA into one buffer, within bounds. */

/** Byte budget for unfinished messages, shared by all sessions of a process. */
export interface ByteBudget {
  /** False when the budget is exhausted. */
  tryAcquire(bytes: number): boolean;
  release(bytes: number): void;
}

export function createByteBudget(limitBytes: number): ByteBudget {
  let used = 0;
  return {
    tryAcquire(bytes) {
      if (used + bytes > limitBytes) return false;
      used += bytes;
      return true;
    },
    release(bytes) {
      used -= bytes;
    },
  };
}

export interface ReadBounds {
  /** Largest message that is accepted, bytes. */
  readonly limitBytes: number;
  /** Bytes after which an oversized message is no longer read to its end. */
  readonly overrunBytes: number;
}

export type ReadMessage =
  | { readonly kind: "whole"; readonly raw: Uint8Array; release(): void }
  /** Read to its end and discarded, so that the sender gets the 552. */
  | { readonly kind: "too_large" }
  /** Given up at `overrunBytes`, before its end. */
  | { readonly kind: "endless" }
  | { readonly kind: "over_budget" };

/** Bytes of the first buffer: most mail fits. */
const FIRST_BYTES = 16 * 1024;

/** @throws what the stream was destroyed with, when the client disconnected */
export async function readMessage(
  stream: AsyncIterable<unknown>,
  budget: ByteBudget,
  bounds: ReadBounds,
): Promise<ReadMessage> {
  const kept = new KeptMessage(budget, bounds.limitBytes);
  try {
    for await (const chunk of stream) {
      kept.add(chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk)));
      if (kept.size <= bounds.overrunBytes) continue;
      kept.release();
      return { kind: "endless" };
    }
  } catch (error) {
    kept.release();
    throw error;
  }
  if (kept.size > bounds.limitBytes) return { kind: "too_large" };
  if (kept.isDropped) return { kind: "over_budget" };
  return { kind: "whole", raw: kept.bytes(), release: () => kept.release() };
}

/**
 * Copies each chunk into one growing buffer: a message of escaped dots arrives in millions of chunks of a few bytes, and
 * a list of those would take fifty times its size.
 */
class KeptMessage {
  readonly #budget: ByteBudget;
  readonly #limitBytes: number;
  #memory = Buffer.alloc(0);
  /** Bytes of the message so far, kept or not. */
  size = 0;
  isDropped = false;

  constructor(budget: ByteBudget, limitBytes: number) {
    this.#budget = budget;
    this.#limitBytes = limitBytes;
  }

  add(bytes: Uint8Array): void {
    const at = this.size;
    this.size += bytes.length;
    if (this.size > this.#limitBytes || !this.#grow()) this.isDropped = true;
    if (this.isDropped) this.release();
    else this.#memory.set(bytes, at);
  }

  bytes(): Uint8Array {
    return this.#memory.subarray(0, this.size);
  }

  release(): void {
    this.#budget.release(this.#memory.length);
    this.#memory = Buffer.alloc(0);
  }

  /** False when the budget is exhausted. */
  #grow(): boolean {
    if (this.isDropped) return false;
    if (this.size <= this.#memory.length) return true;
    const wanted = Math.min(this.#limitBytes, Math.max(FIRST_BYTES, this.#memory.length * 2));
    const length = Math.max(this.size, wanted);
    if (!this.#budget.tryAcquire(length - this.#memory.length)) return false;
    const grown = Buffer.allocUnsafeSlow(length);
    this.#memory.copy(grown);
    this.#memory = grown;
    return true;
  }
}
