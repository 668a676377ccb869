/** Reads DATA into one buffer, within bounds of memory and of time. */
import { createFairShare } from "../../lib/fair-share.ts";
import type { KnownNetworks } from "../../lib/known-networks.ts";
import { SMTP_KNOWN_SHARE } from "./limits.ts";

/** What one unfinished message holds of a budget. */
export interface Held {
  /** Called once. */
  release(): void;
}

/** A message that is being read, as those see it that want its place. */
export interface Transfer {
  /** Bytes that came between the last two looks; null: it has not been looked at for long enough to be called slow. */
  readonly lately: number | null;
  readonly isSlow: boolean;
  /** What it holds is free at once, and its session is ended. */
  giveUp(): void;
}

/** Byte budget for unfinished messages, shared by all sessions of a process, fairly by network. */
export interface ByteBudget {
  /**
   * @param transfer what the bytes are for: as long as it is not slow itself, slow ones make way for it
   * @returns null when the network's share does not allow it, or so much is not free
   */
  tryReserve(network: string, bytes: number, transfer?: Transfer): Held | null;
}

export interface SmallMail {
  readonly totalBytes: number;
  readonly ofBytes: number;
}

/**
 * @param totalBytes of which one network may hold as much as is free
 * @param smallMail bytes in all, shared likewise, that only messages of up to `ofBytes` may take, and only when the others are held
 * @param known networks to which the others leave a part of both
 */
export function createByteBudget(
  totalBytes: number,
  smallMail: SmallMail,
  known: Pick<KnownNetworks, "has">,
): ByteBudget {
  const main = createPool(totalBytes, known);
  const reserve = createPool(smallMail.totalBytes, known);
  /** Of each transfer what it holds. */
  const held = new Map<Transfer, number>();
  const take = (network: string, bytes: number): Held | null =>
    main(network, bytes) ?? (bytes <= smallMail.ofBytes ? reserve(network, bytes) : null);
  /** Has slow ones make way, those first that hold most, as few of them as may be. */
  const takeFromSlow = (network: string, bytes: number): Held | null => {
    const slow = [...held].filter(([{ isSlow }]) => isSlow).sort(([, a], [, b]) => b - a);
    for (const [other] of slow) {
      other.giveUp();
      const taken = take(network, bytes);
      if (taken !== null) return taken;
    }
    return null;
  };
  return {
    tryReserve(network, bytes, transfer) {
      const mayAsk = transfer !== undefined && !transfer.isSlow;
      const taken = take(network, bytes) ?? (mayAsk ? takeFromSlow(network, bytes) : null);
      if (taken === null || transfer === undefined) return taken;
      held.set(transfer, bytes);
      return {
        release() {
          held.delete(transfer);
          taken.release();
        },
      };
    },
  };
}

/** Bytes that networks share fairly, of which those that are not known leave a part to the others. */
function createPool(
  totalBytes: number,
  known: Pick<KnownNetworks, "has">,
): (network: string, bytes: number) => Held | null {
  const share = createFairShare(totalBytes);
  const forStrangers = totalBytes - Math.floor(totalBytes * SMTP_KNOWN_SHARE);
  let strangersBytes = 0;
  return (network, bytes) => {
    const counted = known.has(network) ? 0 : bytes;
    if (strangersBytes + counted > forStrangers || !share.tryAcquire(network, bytes)) return null;
    strangersBytes += counted;
    return {
      release() {
        strangersBytes -= counted;
        share.release(network, bytes);
      },
    };
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
  /** How often it is looked at in a window, and bytes between two looks below which it is slow. */
  readonly looks: number;
  readonly slowBytes: number;
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
 * @param onBegin told of it before anything is read
 * @throws what the stream was destroyed with, when the client disconnected
 */
export async function readMessage(
  stream: DataStream,
  share: { readonly budget: ByteBudget; readonly network: string },
  bounds: ReadBounds,
  onBegin: (transfer: Transfer) => void = () => undefined,
): Promise<ReadMessage> {
  const kept = new KeptMessage(share, bounds.limitBytes);
  const pace = new Pace(kept, bounds, () => stream.destroy());
  kept.transfer = pace;
  onBegin(pace);
  try {
    for await (const chunk of stream) {
      kept.add(chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk)));
      if (kept.size <= bounds.overrunBytes) continue;
      kept.release();
      return { kind: "endless" };
    }
  } catch (error) {
    kept.release();
    if (!pace.isGivenUp) throw error;
    return { kind: "too_slow" };
  } finally {
    pace.stop();
  }
  if (kept.size > bounds.limitBytes) return { kind: "too_large" };
  if (kept.isDropped) return { kind: "over_budget" };
  return { kind: "whole", raw: kept.bytes(), release: () => kept.release() };
}

/** Looks several times in each window how much has come, and at its end whether that is enough. */
class Pace implements Transfer {
  readonly #kept: KeptMessage;
  readonly #bounds: ReadBounds;
  readonly #destroy: () => void;
  readonly #timer: NodeJS.Timeout;
  /** Bytes of the message at the last looks of a window, the newest first. */
  #sizes: readonly number[] = [0];
  #looks = 0;
  isGivenUp = false;

  constructor(kept: KeptMessage, bounds: ReadBounds, destroy: () => void) {
    this.#kept = kept;
    this.#bounds = bounds;
    this.#destroy = destroy;
    this.#timer = setInterval(() => this.#look(), bounds.windowMs / bounds.looks).unref();
  }

  get lately(): number | null {
    const [now = 0, before = 0] = this.#sizes;
    return this.#looks < LOOKS_OF_SLOW ? null : now - before;
  }

  get isSlow(): boolean {
    return this.lately !== null && this.lately < this.#bounds.slowBytes;
  }

  #look(): void {
    const { looks, windowMs, windowBytes, totalMs } = this.#bounds;
    this.#sizes = [this.#kept.size, ...this.#sizes.slice(0, looks)];
    this.#looks++;
    const isWindow = this.#looks % looks === 0;
    const [now = 0] = this.#sizes;
    const tooLittle = isWindow && now - (this.#sizes[looks] ?? 0) < windowBytes;
    if (tooLittle || this.#looks * (windowMs / looks) >= totalMs) this.giveUp();
  }

  giveUp(): void {
    this.isGivenUp = true;
    this.#kept.drop();
    this.#destroy();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Looks after which a message may be called slow: a burst at its beginning says nothing of the rest. */
const LOOKS_OF_SLOW = 2;

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
  /** What it is a part of. */
  transfer: Transfer | undefined;

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

  /** Keeps nothing of it from now on. */
  drop(): void {
    this.isDropped = true;
    this.release();
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
    this.#held = this.#budget.tryReserve(this.#network, length, this.transfer);
    if (this.#held === null) return false;
    const grown = Buffer.allocUnsafeSlow(length);
    this.#memory.copy(grown);
    this.#memory = grown;
    return true;
  }
}
