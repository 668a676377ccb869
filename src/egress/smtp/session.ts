/** One connection to an SMTP server (nodemailer's client), from its greeting to the point where it takes mail. */
import { connect as connectSocket, isIP, type Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import SMTPConnection, { type SMTPConnectionOptions } from "nodemailer/lib/smtp-connection";
import { codeOf } from "../../lib/error-code.ts";
import { printable, type Reply, readReply, type Step } from "../../protocols/smtp/reply.ts";
import { refusalOf } from "./dane.ts";
import { type Deadlines, MAX_REPLY_BYTES } from "./limits.ts";
import type { Target } from "./target.ts";

/** Why there is no session, or no longer. */
export interface Failure {
  readonly step: Step | "connect";
  /** Null: the server said nothing that is a reply. */
  readonly reply: Reply | null;
  /** It said something else. */
  readonly isGarbage: boolean;
  readonly why: string;
}

export interface Session {
  readonly connection: SMTPConnection;
  readonly target: Target;
  /** Keywords of EHLO, in upper case, with what stands behind each. */
  readonly extensions: ReadonlyMap<string, string>;
  /** As in DeliveryOutcome. */
  readonly tls: string | null;
  /** False as soon as the connection is of no use. */
  isOpen(): boolean;
  /** What broke the connection; null: nothing that it told. */
  failure(): Failure | null;
  /** Calls once, when the connection is of no use any more. @returns what takes that back */
  onEnd(act: () => void): () => void;
}

export type Opened =
  | { readonly kind: "session"; readonly session: Session }
  | ({ readonly kind: "failure" } & Failure);

export interface SessionParts {
  /** Said in EHLO: a name of this installation that leads back to its address. */
  readonly ehloName: string;
  readonly deadlines: Deadlines;
  /** The authorities that are trusted; the same one each time, since to make it takes some milliseconds. */
  readonly secureContext: () => SecureContext;
  /** By which certificates are valid. */
  readonly time: () => Date;
}

/** Where TLS is only taken as it comes and fails, it is tried once more without (RFC 7435 section 3). */
export async function openSession(target: Target, parts: SessionParts): Promise<Opened> {
  const opened = await openOnce(target, parts, false);
  if (opened.kind === "session" || opened.step !== "tls" || target.security !== "opportunistic")
    return opened;
  return openOnce(target, parts, true);
}

async function openOnce(target: Target, parts: SessionParts, withoutTls: boolean): Promise<Opened> {
  const socket = await connectWithin(target, parts.deadlines.connectMs);
  if (socket instanceof Error)
    return {
      kind: "failure",
      step: "connect",
      reply: null,
      isGarbage: false,
      why: printable(socket.message),
    };
  return handshake(new SMTPConnection(optionsOf(target, parts, socket, withoutTls)), target, parts);
}

function connectWithin({ address, port }: Target, ms: number): Promise<Socket | Error> {
  const { promise, resolve } = Promise.withResolvers<Socket | Error>();
  // With Nagle's algorithm the end of a message waits up to 40 ms for the delayed ACK of what stands before it.
  const socket = connectSocket({ host: address, port, noDelay: true });
  const timer = setTimeout(() => socket.destroy(new Error(`no connection to ${address} in ${ms} ms`)), ms);
  // Until nodemailer has the socket; later errors are its own.
  socket.on("error", (error) => resolve(error));
  socket.once("connect", () => resolve(socket));
  return promise.finally(() => clearTimeout(timer));
}

function optionsOf(
  { host, port, security }: Target,
  { ehloName, deadlines, secureContext }: SessionParts,
  connection: Socket,
  ignoreTLS: boolean,
): SMTPConnectionOptions {
  return {
    host,
    port,
    connection,
    name: ehloName,
    secure: security === "implicit",
    requireTLS: security === "verified" || security === "dane",
    ignoreTLS,
    connectionTimeout: deadlines.setUpMs,
    greetingTimeout: deadlines.setUpMs,
    socketTimeout: deadlines.silenceMs,
    maxResponseSize: MAX_REPLY_BYTES,
    tls: {
      secureContext: secureContext(),
      // By DANE it is known once it is there.
      rejectUnauthorized: security === "verified" || security === "implicit",
      // An address may not be sent as a name (RFC 6066 section 3).
      servername: isIP(host) === 0 ? host : "",
    },
  };
}

/** From the greeting to the end of EHLO, TLS and authentication. */
function handshake(
  connection: SMTPConnection,
  target: Target,
  { deadlines: { setUpMs }, time }: SessionParts,
): Promise<Opened> {
  const { promise, resolve } = Promise.withResolvers<Opened>();
  const life = watch(connection);
  const fail = (failure: Failure): void => {
    resolve({ kind: "failure", ...failure });
    connection.close();
  };
  const timer = setTimeout(
    () => fail({ step: "hello", reply: null, isGarbage: false, why: `no session in ${setUpMs} ms` }),
    setUpMs,
  );
  connection.once("end", () =>
    fail(
      life.failure() ?? { step: "greeting", reply: null, isGarbage: false, why: "the connection was closed" },
    ),
  );
  const ready = (): void => {
    const refusal = daneRefusal(connection, target, time());
    if (refusal !== null) {
      fail({ step: "tls", reply: null, isGarbage: false, why: refusal });
      return;
    }
    const session = {
      connection,
      target,
      extensions: extensionsOf(connection),
      tls: tlsOf(connection, target),
      ...life,
    };
    resolve({ kind: "session", session });
  };
  connection.connect((error) => {
    if (error) return fail(failureOf(connection, error));
    const { credentials } = target;
    if (credentials === null) return ready();
    connection.login({ user: credentials.user, pass: credentials.password }, (refusal) =>
      refusal ? fail(failureOf(connection, refusal)) : ready(),
    );
  });
  return promise.finally(() => clearTimeout(timer));
}

/** Nodemailer emits an error at any time, also while nothing is under way. */
function watch(connection: SMTPConnection): Pick<Session, "isOpen" | "failure" | "onEnd"> {
  let failure: Failure | null = null;
  let isOpen = true;
  connection.on("error", (error: Error) => {
    failure ??= failureOf(connection, error);
  });
  connection.once("end", () => {
    isOpen = false;
  });
  return {
    isOpen: () => isOpen,
    failure: () => failure,
    onEnd(act) {
      if (isOpen) connection.once("end", act);
      else act();
      return () => void connection.off("end", act);
    },
  };
}

/** Commands as nodemailer names them in its errors. */
const STEPS: Readonly<Record<string, Step>> = {
  EHLO: "hello",
  HELO: "hello",
  STARTTLS: "tls",
  "MAIL FROM": "mail",
  "RCPT TO": "rcpt",
  DATA: "data",
};

interface NodemailerError extends Error {
  readonly command?: string | undefined;
  readonly response?: string | undefined;
}

/** What nodemailer's error says, in which its own sentence and the server's reply are one. */
export function failureOf(connection: SMTPConnection, error: NodemailerError): Failure {
  const { command = "", response = "" } = error;
  const isTls = connection.upgrading === true || codeOf(error) === "ETLS" || isAfterStartTls(connection);
  const step = isTls ? "tls" : command.startsWith("AUTH") ? "auth" : (STEPS[command] ?? "greeting");
  const reply = readReply(response);
  return { step, reply, isGarbage: reply === null && response !== "", why: printable(error.message) };
}

/** STARTTLS follows a reply that offers it, at once; nodemailer does not say what it waited for when the connection was closed. */
const isAfterStartTls = ({ secure, lastServerResponse: last }: SMTPConnection): boolean =>
  !secure && last !== false && /^250[ -]STARTTLS\b/im.test(last);

/** The last reply when nodemailer has connected is that to EHLO; one to HELO names no extensions. */
function extensionsOf({ lastServerResponse }: SMTPConnection): ReadonlyMap<string, string> {
  const lines = lastServerResponse === false ? [] : lastServerResponse.split(/\r?\n/).slice(1);
  return new Map(
    lines.map((line): [string, string] => {
      const [keyword = "", ...parameters] = line.slice("250-".length).trim().split(/[ =]+/);
      return [keyword.toUpperCase(), parameters.join(" ")];
    }),
  );
}

/** Behind EHLO, before a word of the mail. */
function daneRefusal({ _socket: socket }: SMTPConnection, { dane }: Target, now: Date): string | null {
  if (dane === null) return null;
  return socket instanceof TLSSocket ? refusalOf(socket, dane, now) : "there is no TLS";
}

function tlsOf({ _socket: socket }: SMTPConnection, { dane }: Target): string | null {
  if (!(socket instanceof TLSSocket)) return null;
  const version = socket.getProtocol() ?? "TLS";
  if (dane !== null && dane.records.length > 0) return `${version} DANE`;
  return socket.authorized ? version : `${version} unverified (${reasonOf(socket.authorizationError)})`;
}

/** Typed as an error; Node gives OpenSSL's code. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? codeOf(error) || error.message : String(error);
