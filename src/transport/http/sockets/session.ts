/** One WebSocket: its key, what it listens to, and what it is sent. */
import type { WebSocket } from "ws";
import type { Actor } from "../../../domain/door/access/index.ts";
import { type FeedEvent, mayHear } from "../../../domain/notify/feed/index.ts";
import type { Clock } from "../../../lib/clock.ts";
import {
  MAX_SOCKET_BEHIND_BYTES,
  MAX_SOCKET_CONTROL_FRAMES,
  MAX_SOCKET_EVENTS_HELD,
  SLOW_SOCKET_CLOSE_MS,
  SOCKET_CLOSE_MS,
} from "../limits.ts";

/** Close codes (RFC 6455 section 7.4.1, and IANA's registry). None is 1000, after which clients do not come back (contract 12.4). */
export const CLOSE = {
  refused: 1008,
  failed: 1011,
  restarts: 1012,
  tooSlow: 1013,
} as const;

const EXPIRED = "API key expired";

/** The look that is under way when what was missed has been sent, and the next, may tell of it again; those behind them cannot. */
const LOOKS_TO_FORGET = 2;

/** An event on its way to sockets. */
export interface ToldEvent {
  readonly event: FeedEvent;
  /** Of its message. */
  readonly labels: readonly string[];
  readonly text: Buffer;
  /** Whether more of it may be kept for sockets that are behind. */
  readonly mayWait: boolean;
  /** Called when a socket has it, or never will. */
  readonly sent: () => void;
}

export class Session {
  readonly socket: WebSocket;
  /** Kept to look the key up again when it may have changed. */
  readonly token: string;
  readonly openedAt: Date;
  actor: Actor;
  /** What it listens to, by the names of Subscriptions. */
  readonly targets = new Set<string>();
  /** Answered the last ping. */
  isAlive = true;
  /** Pings and pongs since it was looked at. */
  #controlFrames = 0;
  /** Events that wait until those missed before them were sent; null: none has to. */
  #held: ToldEvent[] | null = null;
  #replayed: ReadonlySet<string> = new Set();
  #looksToForget = 0;
  #expiry: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, { token, actor, openedAt }: Pick<Session, "token" | "actor" | "openedAt">) {
    this.socket = socket;
    this.token = token;
    this.actor = actor;
    this.openedAt = openedAt;
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Ends it at the moment its key expires, if that comes within so many milliseconds: then it is asked again. */
  endAtExpiry(clock: Clock, withinMs: number): void {
    clearTimeout(this.#expiry);
    const { expiresAt } = this.actor;
    if (expiresAt === null) return;
    const leftMs = expiresAt.getTime() - clock.now().getTime();
    if (leftMs > withinMs) return;
    const expire = (): void => this.close(CLOSE.refused, EXPIRED);
    if (leftMs <= 0) expire();
    else this.#expiry = setTimeout(expire, leftMs).unref();
  }

  /** Sends the event if its key may hear of it now. @param now the key may have expired, and the timer be late */
  tell(told: ToldEvent, now: Date): void {
    const { expiresAt } = this.actor;
    if (expiresAt !== null && expiresAt <= now) {
      this.close(CLOSE.refused, EXPIRED);
      return void told.sent();
    }
    if (!mayHear(this.actor, told.event, told.labels)) return void told.sent();
    if (this.#held === null) return void this.#send(told);
    if (this.#held.length < MAX_SOCKET_EVENTS_HELD) return void this.#held.push(told);
    this.#tooSlow();
    told.sent();
  }

  #send(told: ToldEvent): void {
    const { text, mayWait, sent } = told;
    if (!this.isOpen || this.#replayed.has(told.event.id)) return void sent();
    const behind = this.socket.bufferedAmount;
    if (behind > 0 && (!mayWait || behind + text.length > MAX_SOCKET_BEHIND_BYTES)) {
      this.#tooSlow();
      return void sent();
    }
    this.socket.send(text, { binary: false }, sent);
  }

  #tooSlow(): void {
    this.close(
      CLOSE.tooSlow,
      "events are not read as fast as they come; subscribe again with `after`",
      SLOW_SOCKET_CLOSE_MS,
    );
  }

  /** Counts a ping or pong; one that sends too many is ended. @returns whether it may be answered */
  hearControlFrame(): boolean {
    if (!this.isOpen) return false;
    if (++this.#controlFrames <= MAX_SOCKET_CONTROL_FRAMES) return true;
    this.close(CLOSE.refused, "too many pings", 0);
    dropFrames(this.socket);
    return false;
  }

  /** To be called once in SOCKET_PING_MS. */
  forgetControlFrames(): void {
    this.#controlFrames = 0;
  }

  /** Keeps events back until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Sends what was kept back. @param replayed ids that were sent meanwhile, and are not sent again */
  release(replayed: Iterable<string>): void {
    this.#replayed = new Set([...this.#replayed, ...replayed]);
    this.#looksToForget = LOOKS_TO_FORGET;
    const held = this.#held ?? [];
    this.#held = null;
    for (const told of held) this.#send(told);
  }

  /** The feed has told of all that was visible when its look began. */
  looked(): void {
    if (this.#replayed.size > 0 && --this.#looksToForget <= 0) this.#replayed = new Set();
  }

  /** Sends a frame that is no event; resolves when it is out, or the socket has ended. */
  async say(frame: object | Buffer): Promise<void> {
    const text = Buffer.isBuffer(frame) ? frame : Buffer.from(JSON.stringify(frame));
    if (this.isOpen)
      await new Promise<void>((resolve) => this.socket.send(text, { binary: false }, () => resolve()));
  }

  /** Ends it. A peer that does not read would not see it either: after a bound it is cut off. */
  close(code: number, reason: string, withinMs = SOCKET_CLOSE_MS): void {
    clearTimeout(this.#expiry);
    for (const { sent } of this.#held ?? []) sent();
    this.#held = null;
    if (!this.isOpen) return;
    this.socket.close(code, reason);
    setTimeout(() => this.socket.terminate(), withinMs).unref();
  }
}

/** Forgets what was read of a socket and not looked at: a packet has ten thousand pings, each of which costs as much as one that is answered. */
function dropFrames(socket: WebSocket): void {
  // Cast: of ws alone, and nobody's promise. Where it is not there, they are read as ever.
  const { _receiver: receiver } = socket as { _receiver?: { _buffers?: unknown[]; _bufferedBytes?: number } };
  if (receiver?._buffers === undefined || receiver._bufferedBytes === undefined) return;
  receiver._buffers = [];
  receiver._bufferedBytes = 0;
}
