/** Reads DATA into one buffer, within bounds of memory and of time. */
import { createFairShare, type FairShare } from "../../lib/fair-share.ts";

/** What one unfinished message holds of a budget. */
export interface Held {
  /** Called once. */
  release(): void;
}

/** Byte budget for unfinished messages, shared by all sessions of a process, fairly by network. */
export interface ByteBudget {
  /** @returns null when the network's share does not allow it, or so much is not free */
  tryReserve(network: string, bytes: number): Held | null;
}

/**
 * @param totalBytes of which one network may hold as much as is free
 * @param smallMail bytes in all, shared likewise, that only messages of up to `ofBytes` may take, and only when the others are held
 */
export function createByteBudget(
  totalBytes: number,
  smallMail: { readonly totalBytes: number; readonly ofBytes: number },
): ByteBudget {
  const main = createFairShare(totalBytes);
  const reserve = createFairShare(smallMail.totalBytes);
  const take = (share: FairShare, network: string, bytes: number): Held | null =>
    share.tryAcquire(network, bytes) ? { release: () => share.release(network, bytes) } : null;
  return {
    tryReserve(network, bytes) {
      const isSmall = bytes <= smallMail.ofBytes;
      return take(main, network, bytes) ?? (isSmall ? take(reserve, network, bytes) : null);
    },
  };
}

export interface ReadBounds {
  /** Largest message that is accepted, bytes. */
  readonly limitBytes: number;
  /** Bytes after which an oversized message is no longer read to its end. */
  readonly overrunBytes: number;
  /** A message that does not bring `windowBytes` in each `windowMs`, or goes on for `totalMs`, is given up. */
  readonly windowMs: number;
  readonly windowBytes: number;
  readonly totalMs: number;
}

/** DATA as it comes; destroyed when it is given up for its slowness. */
type DataStream = AsyncIterable<unknown> & { destroy(): unknown };

export type ReadMessage =
  | { readonly kind: "whole"; readonly raw: Uint8Array; release(): void }
  /** Read to its end and discarded, so that the sender gets the 552. */
  | { readonly kind: "too_large" }
  /** Given up at `overrunBytes`, before its end. */
  | { readonly kind: "endless" }
  /** Given up, before its end, because it came too slowly. */
  | { readonly kind: "too_slow" }
  | { readonly kind: "over_budget" };

/** Bytes of the first buffer: most mail fits. */
const FIRST_BYTES = 16 * 1024;

/**
 * @param network whose share of the budget it is
 * @throws what the stream was destroyed with, when the client disconnected
 */
export async function readMessage(
  stream: DataStream,
  share: { readonly budget: ByteBudget; readonly network: string },
  bounds: ReadBounds,
): Promise<ReadMessage> {
  const kept = new KeptMessage(share, bounds.limitBytes);
  const pace = watchPace(
    () => kept.size,
    bounds,
    () => stream.destroy(),
  );
  try {
    for await (const chunk of stream) {
      kept.add(chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk)));
      if (kept.size <= bounds.overrunBytes) continue;
      kept.release();
      return { kind: "endless" };
    }
  } catch (error) {
    kept.release();
    if (!pace.isTooSlow()) throw error;
    return { kind: "too_slow" };
  } finally {
    pace.stop();
  }
  if (kept.size > bounds.limitBytes) return { kind: "too_large" };
  if (kept.isDropped) return { kind: "over_budget" };
  return { kind: "whole", raw: kept.bytes(), release: () => kept.release() };
}

/** Looks at the end of each window whether enough came in it. */
function watchPace(
  sizeNow: () => number,
  { windowMs, windowBytes, totalMs }: ReadBounds,
  giveUp: () => void,
): { isTooSlow(): boolean; stop(): void } {
  let windows = 0;
  let sizeBefore = 0;
  let isTooSlow = false;
  const timer = setInterval(() => {
    const size = sizeNow();
    isTooSlow = size - sizeBefore < windowBytes || ++windows * windowMs >= totalMs;
    sizeBefore = size;
    if (isTooSlow) giveUp();
  }, windowMs);
  timer.unref();
  return { isTooSlow: () => isTooSlow, stop: () => clearInterval(timer) };
}

/**
 * Copies each chunk into one growing buffer: a message of escaped dots arrives in millions of chunks of a few bytes, and
 * a list of those would take fifty times its size.
 */
class KeptMessage {
  readonly #budget: ByteBudget;
  readonly #network: string;
  readonly #limitBytes: number;
  #held: Held | null = null;
  #memory = Buffer.alloc(0);
  /** Bytes of the message so far, kept or not. */
  size = 0;
  isDropped = false;

  constructor(
    { budget, network }: { readonly budget: ByteBudget; readonly network: string },
    limitBytes: number,
  ) {
    this.#budget = budget;
    this.#network = network;
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
    this.#held?.release();
    this.#held = null;
    this.#memory = Buffer.alloc(0);
  }

  /** False when the network's share of the budget is exhausted. */
  #grow(): boolean {
    if (this.isDropped) return false;
    if (this.size <= this.#memory.length) return true;
    const wanted = Math.min(this.#limitBytes, Math.max(FIRST_BYTES, this.#memory.length * 2));
    const length = Math.max(this.size, wanted);
    this.#held?.release();
    this.#held = this.#budget.tryReserve(this.#network, length);
    if (this.#held === null) return false;
    const grown = Buffer.allocUnsafeSlow(length);
    this.#memory.copy(grown);
    this.#memory = grown;
    return true;
  }
}
