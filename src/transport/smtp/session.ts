/** Sessions of smtp-server with exact enhanced status codes, replies of a pipelined group in one write, and bounds on errors and commands. */
import type { Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from "smtp-server";
import { SMTPConnection, type SMTPConnectionOptions } from "smtp-server/lib/smtp-connection.js";
import type { SMTPStream } from "smtp-server/lib/smtp-stream.js";
import { isLoopback, networkOf } from "../../protocols/address/network.ts";
import { type PathCommand, readPathCommand } from "../../protocols/smtp/path.ts";
import type { Handshake } from "./handshakes.ts";
import {
  MAX_SMTP_COMMANDS,
  MAX_SMTP_ERRORS,
  SMTP_EVICTION_FRUITLESS_MS,
  SMTP_EVICTION_IDLE_MS,
  SMTP_HANDSHAKE_MS,
} from "./limits.ts";
import {
  ENCRYPT_FIRST,
  IDLE_WHILE_FULL,
  STOPPING,
  TOO_MANY_ERRORS,
  TOO_SLOW,
  UNKNOWN_PARAMETER,
} from "./replies.ts";
import type { SessionLimits } from "./session-limits.ts";
import { takeProxyHeader } from "./take-proxy-header.ts";
import type { SlowTransfer } from "./transfers.ts";

const ENHANCED_CODE = /^[245]\.\d{1,3}\.\d{1,3} /;

/** Commands whose replies may wait for those behind them; all others end a group (RFC 2920 section 3.2). */
const GROUPED = /^(?:MAIL|RCPT|RSET)\b/i;

/** Parameters of the extensions offered: SIZE, 8BITMIME, SMTPUTF8, and AUTH to those who signed in. RCPT TO has none. */
const MAIL_PARAMETERS: readonly string[] = ["SIZE", "BODY", "SMTPUTF8"];
/** It names who a client submits for (RFC 4954 section 5), which nothing here believes. */
const SIGNED_IN_PARAMETERS: readonly string[] = [...MAIL_PARAMETERS, "AUTH"];

/**
 * The library picks enhanced codes by reply code alone; a text that has its own code is sent unchanged. Its bound on
 * commands counts unknown ones only, which would allow unbounded recipient enumeration: here every reply counts. It
 * accepts parameters of extensions that it does not offer, and refuses quoted local parts. It writes each reply by itself:
 * here those to a pipelined group leave in one write, a system call and a packet instead of one each.
 */
class Session extends SMTPConnection {
  #errors = 0;
  /** Path of the current MAIL or RCPT command; null for bad syntax. */
  #path: PathCommand | null = null;
  #replies = 0;
  /** Whether the reply to the current command may wait for the next one's. */
  #isGrouped = false;
  /** The socket that holds replies back; null when none does. */
  #corked: Socket | null = null;
  readonly #parts: OwnParts;
  /** Whether EHLO is being answered. */
  #isGreeting = false;
  /** Ends a TLS handshake that takes too long. */
  #handshakeTimer: NodeJS.Timeout | undefined;
  /** Since when it waits for the client's next command; null while it works on one or reads a message. */
  #idleSinceMs: number | null = null;
  /** When it last brought a message, or began. */
  #fruitfulAtMs: number;

  constructor(
    server: SMTPServer,
    socket: Socket,
    options: SMTPConnectionOptions | null | undefined,
    parts: OwnParts,
  ) {
    super(server, socket, options);
    this.#parts = parts;
    this.#fruitfulAtMs = parts.monotonicMs();
  }

  /** Milliseconds that it has waited for the client's next command; -1 while it works on one or reads a message. */
  get idleMs(): number {
    return this.#idleSinceMs === null ? -1 : this.#parts.monotonicMs() - this.#idleSinceMs;
  }

  /** Milliseconds in which it has brought no message. */
  get fruitlessMs(): number {
    return this.#parts.monotonicMs() - this.#fruitfulAtMs;
  }

  /** Sends the greeting at once. The library delays it by 0.1 s to detect early talkers, a delay for every honest client. */
  override init(): void {
    this._setListeners(() => this.connectionReady());
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    this.#count(code, context);
    this.#idleSinceMs = code === 354 ? null : this.#parts.monotonicMs();
    const isAbuse = this.#errors > MAX_SMTP_ERRORS || this.#replies > MAX_SMTP_COMMANDS;
    const bringsCode = typeof data === "string" && ENHANCED_CODE.test(data);
    if (this.#isGrouped) this.#holdReplies();
    if (isAbuse && code !== 421) super.send(421, TOO_MANY_ERRORS, false);
    else super.send(code, data, bringsCode ? false : context);
    if (!this.#isGrouped) this.writeReplies();
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    this.#idleSinceMs = null;
    // The library passes no callback for a last line without its CRLF, after which no input is read to its end.
    this.#isGrouped = callback !== undefined && GROUPED.test(command.toString("latin1", 0, 5));
    super._onCommand(command, callback);
  }

  /** A parser that writes the held replies as soon as it has read all its input: nothing that is yet to come may delay one. */
  override _createParser(): SMTPStream {
    const parser = super._createParser();
    const write = parser._write.bind(parser);
    parser._write = (chunk, encoding, next) =>
      write(chunk, encoding, (error) => {
        this.writeReplies();
        next(error);
      });
    return parser;
  }

  /** The library waits here for the client to read its replies, which it can only when they are written. */
  override _whenWritable(next: () => void): void {
    if (this._socket.writableNeedDrain) this.writeReplies();
    super._whenWritable(next);
  }

  override handler_MAIL(command: Buffer, next: () => void): void {
    this.#path = readPathCommand("MAIL FROM", command.toString());
    const known = this.session.user === undefined ? MAIL_PARAMETERS : SIGNED_IN_PARAMETERS;
    if (this.#offers(known, next)) super.handler_MAIL(command, next);
  }

  override handler_EHLO(command: Buffer, next: () => void): void {
    this.#isGreeting = true;
    super.handler_EHLO(command, next);
    this.#isGreeting = false;
  }

  /** A client that is offered AUTH would give its password away before it is refused (RFC 4954 section 4). */
  override _isSupported(command: string): boolean {
    if (command === "AUTH" && this.#isGreeting && !this.#isPrivate) return false;
    return super._isSupported(command);
  }

  override handler_AUTH(command: Buffer, next: () => void): void {
    if (this.#isPrivate) {
      super.handler_AUTH(command, next);
      return;
    }
    this.send(538, ENCRYPT_FIRST);
    next();
  }

  /** Whether nobody can read along. */
  get #isPrivate(): boolean {
    return this.secure || isLoopback(this.remoteAddress);
  }

  /** Until the handshake has its turn nothing is read as a command: what the client says from now on is TLS. */
  override upgrade(callback: () => void, secureCallback?: () => void): void {
    if (this._parser !== false) this._socket.unpipe(this._parser);
    this._upgrading = true;
    const { handshake, handshakeMs = SMTP_HANDSHAKE_MS } = this.#parts;
    const socket = this._socket;
    const done = (): void => {
      clearTimeout(this.#handshakeTimer);
      secureCallback?.();
    };
    this.#handshakeTimer = setTimeout(() => socket.destroy(), handshakeMs);
    void handshake(networkOf(this.remoteAddress), socket, () => super.upgrade(callback, done));
  }

  override _onCloseEvent(hadError?: boolean): void {
    clearTimeout(this.#handshakeTimer);
    super._onCloseEvent(hadError);
  }

  override handler_RCPT(command: Buffer, next: () => void): void {
    this.#path = readPathCommand("RCPT TO", command.toString());
    if (this.#offers([], next)) super.handler_RCPT(command, next);
  }

  /** Parser used by the library's two handlers; they answer false with 501. */
  override _parseAddressCommand(): LibraryPath | false {
    const read = this.#path;
    if (read === null) return false;
    const keywords = read.parameters.map(([keyword]) => keyword);
    const duplicate = keywords.find((keyword, index) => keywords.indexOf(keyword) !== index);
    return { address: read.address, args: Object.fromEntries(read.parameters), duplicate };
  }

  /** Refuses an unknown parameter with 555 (RFC 5321 section 4.1.1.11). */
  #offers(known: readonly string[], next: () => void): boolean {
    if (this.#path?.parameters.every(([keyword]) => known.includes(keyword)) ?? true) return true;
    this.send(555, UNKNOWN_PARAMETER);
    next();
    return false;
  }

  #holdReplies(): void {
    if (this.#corked !== null) return;
    this.#corked = this._socket;
    this.#corked.cork();
  }

  /** Sends the replies that are held back for those behind them, and does not hold back that to the current command. */
  writeReplies(): void {
    this.#corked?.uncork();
    this.#corked = null;
    this.#isGrouped = false;
  }

  #count(code: number, context: string | false | undefined): void {
    this.#replies++;
    if (code >= 400) this.#errors++;
    // The library's context of the reply to an accepted message.
    if (context === "DATA_OK") {
      this.#replies = 0;
      this.#errors = 0;
      this.#fruitfulAtMs = this.#parts.monotonicMs();
      this.#parts.limits.brought(this.id);
    }
  }
}

type ProxyCallback = Parameters<SMTPServer["_handleProxy"]>[1];
type LibraryPath = Exclude<ReturnType<SMTPConnection["_parseAddressCommand"]>, false>;

export interface SessionParts {
  readonly limits: SessionLimits;
  readonly monotonicMs: () => number;
  readonly handshake: Handshake;
  /** For a TLS handshake, milliseconds; SMTP_HANDSHAKE_MS when absent. */
  readonly handshakeMs?: number;
  /** How long a session must have been idle to make way, milliseconds; SMTP_EVICTION_IDLE_MS when absent. */
  readonly evictionIdleMs?: number;
  /** Whether connections from this address begin with a PROXY protocol header. */
  readonly isProxy: (address: string) => boolean;
  /** As MailService has them. */
  readonly isReceiving: (sessionId: string) => boolean;
  readonly slow: () => readonly SlowTransfer[];
}

type OwnParts = Pick<SessionParts, "limits" | "monotonicMs" | "handshake" | "handshakeMs">;

/** A session that may be ended for another's sake. */
interface Dispensable {
  readonly id: string;
  end(): void;
}

/** Admits sessions within the limits, and can end them. */
export class SessionServer extends SMTPServer {
  readonly #parts: SessionParts;
  /** In the order in which they came. */
  readonly #sessions = new Map<string, Session>();

  constructor(options: SMTPServerOptions, parts: SessionParts) {
    super(options);
    this.#parts = parts;
  }

  override _expectsProxyHeader({ remoteAddress = "" }: Socket): boolean {
    return this.#parts.isProxy(remoteAddress);
  }

  /** The library reads version 1 alone, and knows addresses of proxies but no networks. */
  override _handleProxy(socket: Socket, callback: ProxyCallback): void {
    if (!this._expectsProxyHeader(socket)) {
      super._handleProxy(socket, callback);
      return;
    }
    takeProxyHeader(socket).then(
      // An empty id has the library make one.
      (address) => callback(null, { id: "", ...(address !== null && { remoteAddress: address }) }),
      (error: Error) => {
        // Without a listener, a late error of the socket would end the process.
        socket.on("error", () => socket.destroy());
        socket.destroy();
        callback(error);
      },
    );
  }

  /** Called by the library for every accepted socket, after its PROXY header. */
  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    // Replies are small: Nagle's algorithm with delayed ACK would add 40 ms to one that follows another.
    socket.setNoDelay(true);
    const session = new Session(this, socket, options, this.#parts);
    const refusal = this.#admit(session.id, session.remoteAddress);
    if (refusal === null) {
      this.connections.add(session);
      this.#sessions.set(session.id, session);
      session.on("error", (error) => this.emit("error", error));
      session.init();
    } else refuse(socket, refusal);
  }

  /** Admits a session, if need be in the place of one that is idle or has brought nothing for long. @returns null, or the text of the 421 */
  #admit(id: string, address: string): string | null {
    const { limits } = this.#parts;
    const refusal = limits.admit(id, address);
    if (refusal === null) return null;
    const dispensable = new Map(this.#dispensable().map((session) => [session.id, session]));
    const ended = dispensable.get(limits.whoseEndAdmits(address, [...dispensable.keys()]) ?? "");
    if (ended === undefined) return refusal;
    limits.madeWay(ended.id);
    ended.end();
    this.#forget(ended.id);
    return limits.admit(id, address);
  }

  /**
   * Sessions that may make way: the idle ones, then those whose commands have led to no message for long, such as NOOP after NOOP or a list of wrong recipients, the
   * longest first; then those whose message comes slowly.
   */
  #dispensable(): Dispensable[] {
    const { evictionIdleMs = SMTP_EVICTION_IDLE_MS, isReceiving, slow } = this.#parts;
    const talking = [...this.#sessions.values()].filter(({ id }) => !isReceiving(id));
    const idle = talking.filter(({ idleMs }) => idleMs >= evictionIdleMs);
    const fruitless = talking.filter(
      ({ idleMs, fruitlessMs }) => idleMs < evictionIdleMs && fruitlessMs >= SMTP_EVICTION_FRUITLESS_MS,
    );
    const unused = [
      ...idle.sort((a, b) => b.idleMs - a.idleMs),
      ...fruitless.sort((a, b) => b.fruitlessMs - a.fruitlessMs),
    ];
    return [
      ...unused.map(({ id }) => ({ id, end: () => this.end(id, IDLE_WHILE_FULL) })),
      ...slow().map(({ sessionId: id, giveUp }) => ({
        id,
        end: () => {
          giveUp();
          this.end(id, TOO_SLOW);
        },
      })),
    ];
  }

  #forget(sessionId: string): void {
    this.#parts.limits.release(sessionId);
    this.#sessions.delete(sessionId);
  }

  /** Called by the library once for every session, however it ended. */
  override onClose(session: SMTPServerSession): void {
    this.#forget(session.id);
  }

  /** Ends one session with 421; no further input is read. */
  end(sessionId: string, text: string): void {
    this.#sessions.get(sessionId)?.send(421, text, false);
  }

  /** Sends the replies that a session holds back for those behind them. */
  writeReplies(sessionId: string): void {
    this.#sessions.get(sessionId)?.writeReplies();
  }

  /** Ends every session with 421 but the spared ones. */
  endAll(isSpared: (sessionId: string) => boolean): void {
    for (const session of [...this.connections])
      if (!isSpared(session.id)) session.send(421, STOPPING, false);
  }
}

/** Sends a 421 in place of the greeting, and closes the socket as soon as it is written. */
function refuse(socket: Socket, text: string): void {
  // Without a listener, an error of the socket (a client that disconnected) would end the process.
  socket.on("error", () => socket.destroy());
  socket.write(`421 ${text}\r\n`);
  socket.destroySoon();
}
