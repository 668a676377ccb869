/** One message over a session: MAIL, RCPT, DATA, and what the server said of each recipient. */
import { Readable } from "node:stream";
import type SMTPConnection from "nodemailer/lib/smtp-connection";
import type { SMTPConnectionSendInfo, SMTPEnvelope } from "nodemailer/lib/smtp-connection";
import {
  judgeReply,
  printable,
  type Reply,
  readReply,
  type Step,
  type Verdict,
} from "../../protocols/smtp/reply.ts";
import { needsOf, type WireNeeds, wireAddress } from "../../protocols/smtp/wire-form.ts";
import { type Deadlines, MIN_BYTES_PER_SECOND } from "./limits.ts";
import { answered, type Finding, found, type OutgoingMail, type RecipientResult } from "./outcome.ts";
import { type Failure, failureOf, type Session } from "./session.ts";

export interface Transacted {
  /** One for each recipient, in their order. */
  readonly recipients: readonly RecipientResult[];
  /** Nothing of the message was settled: another host of the domain may take it. */
  readonly mayTryNext: boolean;
  /** The session may take another message. */
  readonly isReusable: boolean;
  /** The server closed the connection before it refused anything, as it closes one that was idle for too long. */
  readonly isStale: boolean;
}

interface Message extends Pick<OutgoingMail, "mailFrom"> {
  readonly raw: Buffer;
}

/** Never rejects. @param recipients at most MAX_TRANSACTION_RECIPIENTS */
export async function transact(
  session: Session,
  mail: Message,
  recipients: readonly string[],
  deadlines: Deadlines,
): Promise<Transacted> {
  const [from, to] = [wireAddress(mail.mailFrom), recipients.map(wireAddress)];
  const needs = needsOf(mail.raw, [from, ...to]);
  const lacking = lackingOf(session, needs, mail.raw.byteLength, [from, ...to]);
  if (lacking !== null) return { ...settled(recipients, lacking), mayTryNext: true, isReusable: true };
  const envelope: SMTPEnvelope = {
    ...{ from, to },
    size: mail.raw.byteLength,
    use8BitMime: needs.eightBit,
  };
  const forced = needs.utf8 ? withUtf8(session.connection) : null;
  const sent = await send(session, envelope, mail.raw, deadlines);
  forced?.undo();
  if (sent.kind === "taken") return taken(recipients, envelope, sent.info);
  const { isOpenTransaction, ...done } = broken(session, recipients, envelope, sent);
  return isOpenTransaction ? { ...done, isReusable: await reset(session, deadlines) } : done;
}

/** RSET (RFC 5321 section 4.1.1.5): servers answer MAIL with 503 while they wait for DATA. @returns whether the session is at its start */
async function reset(session: Session, { envelopeMs }: Deadlines): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), envelopeMs);
  const forget = session.onEnd(() => resolve(false));
  session.connection.reset((error) => resolve(!error));
  return promise.finally(() => {
    clearTimeout(timer);
    forget();
  });
}

const settled = (recipients: readonly string[], finding: Finding): Transacted => ({
  recipients: recipients.map((address) => found(address, finding)),
  mayTryNext: false,
  isReusable: false,
  isStale: false,
});

/** What cannot be said to a server without converting the message, which would break its signatures. */
function lackingOf(
  { extensions }: Session,
  needs: WireNeeds,
  sizeBytes: number,
  addresses: readonly string[],
): Finding | null {
  const refused = { kind: "refused", fault: "protocol" } as const;
  // RFC 1870 section 3: 0, or nothing, says that there is no fixed maximum.
  const maximum = Number(extensions.get("SIZE") ?? 0);
  if (maximum > 0 && sizeBytes > maximum) {
    const why = `the message has ${sizeBytes} octets, and the other server takes ${maximum}`;
    return { kind: "refused", fault: "content", enhancedCode: "5.3.4", why };
  }
  if (needs.utf8 && !extensions.has("SMTPUTF8")) {
    const isAddress = addresses.some((address) => /[^\0-\x7f]/.test(address));
    return isAddress
      ? // RFC 6531 section 3.5 and IANA's registry: X.6.7 is of addresses, X.6.9 of headers.
        {
          ...refused,
          enhancedCode: "5.6.7",
          why: "the other server takes no addresses beyond ASCII (SMTPUTF8)",
        }
      : {
          ...refused,
          enhancedCode: "5.6.9",
          why: "the other server takes no headers beyond ASCII (SMTPUTF8)",
        };
  }
  if (needs.eightBit && !extensions.has("8BITMIME"))
    return { ...refused, enhancedCode: "5.6.3", why: "the other server takes 7-bit mail alone (8BITMIME)" };
  return null;
}

/**
 * Nodemailer asks for SMTPUTF8 when an address of the envelope needs it, and not when the header alone does (RFC 6531 section 3.4),
 * for which it has no option: so the command is completed where it is written.
 */
function withUtf8(connection: SMTPConnection): { undo(): void } {
  const write: unknown = Reflect.get(connection, "_sendCommand");
  if (typeof write !== "function") throw new Error("nodemailer has no _sendCommand");
  const complete = (command: string, logged?: string): void => {
    const needed = command.startsWith("MAIL FROM:") && !/ SMTPUTF8\b/.test(command);
    Reflect.apply(write, connection, [needed ? `${command} SMTPUTF8` : command, logged]);
  };
  Reflect.set(connection, "_sendCommand", complete);
  return { undo: () => void Reflect.deleteProperty(connection, "_sendCommand") };
}

/** Where the message is: before its first octet was asked for, on its way, or all handed to the connection. */
type Phase = "envelope" | "data" | "message";

interface Broken {
  readonly kind: "broken";
  readonly error: Error;
  readonly phase: Phase;
}
type Sent = { readonly kind: "taken"; readonly info: SMTPConnectionSendInfo } | Broken;

function send(session: Session, envelope: SMTPEnvelope, raw: Buffer, deadlines: Deadlines): Promise<Sent> {
  const { connection } = session;
  const { promise, resolve } = Promise.withResolvers<Sent>();
  let phase: Phase = "envelope";
  const fail = (error: Error): void => resolve({ kind: "broken", error, phase });
  let timer: NodeJS.Timeout | undefined;
  const enter = (next: Phase, ms: number): void => {
    phase = next;
    clearTimeout(timer);
    timer = setTimeout(() => {
      fail(new Error(`the ${next === "message" ? "reply to the message" : next} took more than ${ms} ms`));
      connection.close();
    }, ms);
  };
  enter("envelope", deadlines.envelopeMs);
  const stream = slices(raw, (isLast) => {
    if (isLast) enter("message", deadlines.messageMs);
    else if (phase === "envelope")
      enter("data", deadlines.dataMs + (raw.byteLength / MIN_BYTES_PER_SECOND) * 1000);
  });
  // Closed by our own side, which nodemailer reports to nobody.
  const forget = session.onEnd(() => setImmediate(() => fail(new Error("the connection was closed"))));
  connection.send(envelope, stream, (error, info) => {
    if (error) fail(error);
    else resolve({ kind: "taken", info });
  });
  return promise.finally(() => {
    clearTimeout(timer);
    forget();
  });
}

/** Octets of a piece that is handed over at once. */
const SLICE_BYTES = 65_536;

/** In pieces, so that a large message passes as fast as the connection takes it. @param onRead told when the first piece is asked for, and when the last was */
function slices(raw: Buffer, onRead: (isLast: boolean) => void): Readable {
  let at = 0;
  return new Readable({
    read() {
      if (at === 0) onRead(false);
      this.push(raw.subarray(at, at + SLICE_BYTES));
      at += SLICE_BYTES;
      if (at < raw.byteLength) return;
      this.push(null);
      onRead(true);
    },
  });
}

interface Refused {
  readonly recipient?: string | undefined;
  readonly response?: string | undefined;
}

/** Nodemailer keeps them in the envelope that it was given, and leaves them out of most of its errors. */
function refusedIn(envelope: SMTPEnvelope): ReadonlyMap<string, string> {
  const errors: unknown = Reflect.get(envelope, "rejectedErrors");
  const refused: readonly Refused[] = Array.isArray(errors) ? errors : [];
  return new Map(refused.map(({ recipient = "", response = "" }) => [recipient, response]));
}

function resultOf(address: string, response: string, step: Step): RecipientResult {
  const reply = readReply(response);
  return reply === null
    ? found(address, noReply(response))
    : answered(address, reply, judgeReply(reply, step));
}

const noReply = (text: string): Finding => ({
  kind: "deferred",
  enhancedCode: "4.5.0",
  why: printable(`the other server sent what is no reply: ${text}`),
  fault: "protocol",
});

function taken(
  recipients: readonly string[],
  envelope: SMTPEnvelope,
  { response }: SMTPConnectionSendInfo,
): Transacted {
  const refused = refusedIn(envelope);
  const results = recipients.map((address) => {
    const refusal = refused.get(wireAddress(address));
    return refusal === undefined
      ? resultOf(address, response, "message")
      : resultOf(address, refusal, "rcpt");
  });
  return { recipients: results, mayTryNext: false, isReusable: true, isStale: false };
}

const STEP_OF: Readonly<Record<Phase, Step>> = { envelope: "data", data: "data", message: "message" };

function broken(
  session: Session,
  recipients: readonly string[],
  envelope: SMTPEnvelope,
  { error, phase }: Broken,
): Transacted & { readonly isOpenTransaction: boolean } {
  const failure = failureOf(session.connection, error);
  // Behind a refused MAIL every RCPT is refused too, as out of order.
  const refused = failure.step === "mail" ? new Map<string, string>() : refusedIn(envelope);
  const step = failure.step === "mail" || failure.step === "rcpt" ? failure.step : STEP_OF[phase];
  const ofAll = (address: string): RecipientResult =>
    failure.reply === null
      ? found(address, findingOf(failure, phase))
      : answered(address, failure.reply, verdictOf(session, failure.reply, step));
  const results = recipients.map((address) => {
    const refusal = refused.get(wireAddress(address));
    return refusal === undefined ? ofAll(address) : resultOf(address, refusal, "rcpt");
  });
  // A recipient's refusal is his own at every host; what is about the sender or the session may not be.
  const mayTryNext =
    refused.size === 0 && phase !== "message" && results.every(({ kind }) => kind === "deferred");
  const isClosing = failure.reply === null || failure.reply.code === 421;
  const isStale = isClosing && mayTryNext && phase === "envelope" && !session.isOpen();
  const isReusable = failure.reply !== null;
  // The sender was taken, and nothing of the message.
  const isOpenTransaction = isReusable && !isClosing && phase === "envelope" && step !== "mail";
  return { recipients: results, mayTryNext, isReusable, isStale, isOpenTransaction };
}

/**
 * A smarthost that refuses a return path does not know the sender's domain yet, or wants other senders: which its operator can change while the
 * mail waits. Refused for good, every mail of the domain would bounce for it.
 */
function verdictOf({ target }: Session, reply: Reply, step: Step): Verdict {
  const verdict = judgeReply(reply, step);
  const isOfSender = target.isSmarthost && step === "mail" && verdict.fault === "policy";
  return isOfSender ? { ...verdict, kind: "deferred" } : verdict;
}

function findingOf({ isGarbage, why }: Failure, phase: Phase): Finding {
  const isDoubtful = phase === "message";
  // RFC 3463: X.5.0 is of the protocol, X.4.2 of a connection that broke.
  return isGarbage
    ? { kind: "deferred", enhancedCode: "4.5.0", why, fault: "protocol", isDoubtful }
    : { kind: "deferred", enhancedCode: "4.4.2", why, fault: "network", isDoubtful };
}
