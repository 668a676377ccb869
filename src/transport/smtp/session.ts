/** smtp-server's sessions with exact enhanced status codes, and bounds on what a client may do with them. */
import type { Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from "smtp-server";
import { SMTPConnection, type SMTPConnectionOptions } from "smtp-server/lib/smtp-connection.js";
import { MAX_SMTP_COMMANDS, MAX_SMTP_ERRORS } from "../../domain/limits.ts";
import { type PathCommand, readPathCommand } from "../../protocols/address/index.ts";
import type { Places } from "./places.ts";
import { STOPPING, TOO_MANY_ERRORS, UNKNOWN_PARAMETER } from "./replies.ts";

const ENHANCED_CODE = /^[245]\.\d{1,3}\.\d{1,3} /;

/** Parameters of what is offered: SIZE, 8BITMIME and SMTPUTF8. RCPT has none. */
const MAIL_PARAMETERS: readonly string[] = ["SIZE", "BODY", "SMTPUTF8"];

/**
 * The library picks enhanced codes by reply code alone; a text of ours that brings its own is sent as it is. Its own
 * bound on commands counts only those it does not know, so that addresses could be guessed without end: here every reply
 * counts. It takes parameters of extensions that it does not offer for granted, and refuses quoted local parts.
 */
class Session extends SMTPConnection {
  #errors = 0;
  /** Of the MAIL or RCPT under way; null when its line is none. */
  #path: PathCommand | null = null;
  #replies = 0;

  /** Greets at once. The library waits 0.1 s for clients that talk first, which every honest one would wait too. */
  override init(): void {
    this._setListeners(() => this.connectionReady());
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    this.#count(code, context);
    const isAbuse = this.#errors > MAX_SMTP_ERRORS || this.#replies > MAX_SMTP_COMMANDS;
    const bringsCode = typeof data === "string" && ENHANCED_CODE.test(data);
    if (isAbuse && code !== 421) super.send(421, TOO_MANY_ERRORS, false);
    else super.send(code, data, bringsCode ? false : context);
  }

  override handler_MAIL(command: Buffer, next: () => void): void {
    this.#path = readPathCommand("MAIL FROM", command.toString());
    if (this.#offers(MAIL_PARAMETERS, next)) super.handler_MAIL(command, next);
  }

  override handler_RCPT(command: Buffer, next: () => void): void {
    this.#path = readPathCommand("RCPT TO", command.toString());
    if (this.#offers([], next)) super.handler_RCPT(command, next);
  }

  /** What the library's two handlers read the same lines with; they say 501 where there is nothing. */
  override _parseAddressCommand(): LibraryPath | false {
    const read = this.#path;
    if (read === null) return false;
    const keywords = read.parameters.map(([keyword]) => keyword);
    const duplicate = keywords.find((keyword, index) => keywords.indexOf(keyword) !== index);
    return { address: read.address, args: Object.fromEntries(read.parameters), duplicate };
  }

  /** Says 555 (RFC 5321 section 4.1.1.11) to a parameter that is not among the known ones. */
  #offers(known: readonly string[], next: () => void): boolean {
    if (this.#path?.parameters.every(([keyword]) => known.includes(keyword)) ?? true) return true;
    this.send(555, UNKNOWN_PARAMETER);
    next();
    return false;
  }

  #count(code: number, context: string | false | undefined): void {
    this.#replies++;
    if (code >= 400) this.#errors++;
    // The library's name for the reply to a message that was taken.
    if (context === "DATA_OK") {
      this.#replies = 0;
      this.#errors = 0;
    }
  }
}

type LibraryPath = Exclude<ReturnType<SMTPConnection["_parseAddressCommand"]>, false>;

/** Admits sessions while there are places, and can end them. */
export class SessionServer extends SMTPServer {
  readonly #places: Places;

  constructor(options: SMTPServerOptions, places: Places) {
    super(options);
    this.#places = places;
  }

  /** Called by the library for every accepted socket. */
  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    // Pipelined commands get a small reply each: held back until the one before is acknowledged, they cost 40 ms.
    socket.setNoDelay(true);
    const session = new Session(this, socket, options);
    const refusal = this.#places.take(session.id, session.remoteAddress);
    if (refusal === null) {
      this.connections.add(session);
      session.on("error", (error) => this.emit("error", error));
      session.init();
    } else refuse(socket, refusal);
  }

  /** Called by the library once for every session that ended, however it did. */
  override onClose(session: SMTPServerSession): void {
    this.#places.free(session.id);
  }

  /** Ends one session with 421; nothing more of what it sent is read. */
  end(sessionId: string, text: string): void {
    for (const session of this.connections) if (session.id === sessionId) session.send(421, text, false);
  }

  /** Ends every session with 421 but those to be spared. */
  endAll(isSpared: (sessionId: string) => boolean): void {
    for (const session of [...this.connections])
      if (!isSpared(session.id)) session.send(421, STOPPING, false);
  }
}

/** Said in place of a greeting; the socket is gone as soon as it is written. */
function refuse(socket: Socket, text: string): void {
  // Without a listener a client that broke off would end the process.
  socket.on("error", () => socket.destroy());
  socket.write(`421 ${text}\r\n`);
  socket.destroySoon();
}
