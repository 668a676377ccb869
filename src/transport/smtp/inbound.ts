/** Inbound mail: RCPT TO -> inbox, DATA -> receive. */
import type { SMTPServerDataStream, SMTPServerOptions, SMTPServerSession } from "smtp-server";
import { Failure } from "../../domain/door/failures.ts";
import { pauseOf } from "../../domain/door/paused.ts";
import { haveSameContentLimits } from "../../domain/guardrails/policies/index.ts";
import type { Receiver, Recipient } from "../../domain/transit/arrivals/index.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Pacing } from "../../lib/pacing.ts";
import { networkOf } from "../../protocols/address/network.ts";
import {
  MAX_SMTP_OVERRUN,
  MAX_SMTP_SMALL_BYTES,
  SMALL_SMTP_BYTES,
  SMTP_DATA_TOTAL_MS,
  SMTP_DATA_WINDOW_BYTES,
  SMTP_DATA_WINDOW_MS,
} from "./limits.ts";
import { type ByteBudget, createByteBudget, type ReadMessage, readMessage } from "./read-message.ts";
import {
  mailboxMoves,
  overBudget,
  replyFor,
  replyTo,
  SmtpReply,
  sendSeparately,
  TOO_MUCH_DATA,
  TOO_SLOW,
} from "./replies.ts";
import { traceFields } from "./trace.ts";

export interface InboundParts {
  readonly receiver: Receiver;
  /** This server's name, in trace fields and as the domain of a bare `postmaster`. */
  readonly hostname: string;
  readonly maxMessageBytes: number;
  /** Milliseconds in which DATA must bring SMTP_DATA_WINDOW_BYTES; SMTP_DATA_WINDOW_MS when absent. */
  readonly dataWindowMs?: number;
  /** Bytes of unfinished mail, over all sessions. */
  readonly maxBufferedBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  /** By network, how late a wrong recipient is answered. */
  readonly wrongRecipients: Pacing;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Sends the replies that wait for those behind them in a pipelined group. */
  readonly writeReplies: (sessionId: string) => void;
  /** Called after the reply to a message was sent. */
  readonly onReplied: () => void;
  /** Ends the session with 421 and this text. */
  readonly end: (sessionId: string, text: string) => void;
}

export interface Inbound {
  readonly handlers: Pick<SMTPServerOptions, "onMailFrom" | "onRcptTo" | "onData">;
  /** Whether the session is between DATA and its reply. */
  isReceiving(sessionId: string): boolean;
  /** Resolves when every message under way was stored or refused. */
  settled(): Promise<void>;
}

/** The inboxes of each session's mail transaction, by id: an inbox named in two RCPT TO gets one copy. */
type Transactions = WeakMap<SMTPServerSession, Map<string, Recipient>>;

interface Inside extends InboundParts {
  readonly transactions: Transactions;
  /** The client's network. */
  readonly networkOf: (session: SMTPServerSession) => string;
  readonly budget: ByteBudget;
}

export function createInbound(parts: InboundParts): Inbound {
  const transactions: Transactions = new WeakMap();
  // Of each session once: reading an address costs more than the rest of what is counted by it.
  const networks = new WeakMap<SMTPServerSession, string>();
  const networkOfSession = (session: SMTPServerSession): string => {
    const network = networks.get(session) ?? networkOf(session.remoteAddress);
    networks.set(session, network);
    return network;
  };
  const budget = createByteBudget(parts.maxBufferedBytes, {
    totalBytes: MAX_SMTP_SMALL_BYTES,
    ofBytes: SMALL_SMTP_BYTES,
  });
  const inside: Inside = { ...parts, transactions, budget, networkOf: networkOfSession };
  const receiving = new Map<string, Promise<void>>();
  return {
    handlers: {
      onMailFrom(_address, session, done) {
        transactions.set(session, new Map());
        done();
      },
      onRcptTo: ({ address }, session, done) => void addRecipient(inside, session, address).then(done),
      onData(stream, session, done) {
        const work = takeMessage(inside, stream, session).then((outcome) => {
          receiving.delete(session.id);
          if (outcome instanceof SmtpReply) done(outcome);
          else done(null, outcome);
          parts.onReplied();
        });
        receiving.set(session.id, work);
      },
    },
    isReceiving: (sessionId) => receiving.has(sessionId),
    settled: async () => void (await Promise.allSettled(receiving.values())),
  };
}

/** @returns the reply that refuses the recipient, or null */
async function addRecipient(
  inside: Inside,
  session: SMTPServerSession,
  written: string,
): Promise<SmtpReply | null> {
  const { receiver, hostname, log, transactions } = inside;
  try {
    // A bare postmaster has no domain (RFC 5321 section 4.5.1): this server's.
    const address = written.includes("@") ? written : `${written}@${hostname}`;
    const recipient = await receiver.resolve(address);
    if (recipient === null) return await refuseRecipient(inside, session);
    if (recipient.inbox.isSuspended) return replyFor("pod.suspended");
    const paused = pauseOf(recipient.inbox);
    if (paused !== null) return replyFor(paused.code);
    if (recipient.inbox.isMoving) return mailboxMoves();
    const accepted = transactions.get(session);
    const [first = recipient] = accepted?.values() ?? [];
    if (!haveSameContentLimits(first.limits, recipient.limits)) return sendSeparately();
    const { mailFrom } = session.envelope;
    const admitted = await receiver.admit(recipient, {
      envelopeFrom: mailFrom === false ? "" : mailFrom.address,
      sizeBytes: announcedBytes(session),
    });
    accepted?.set(recipient.inbox.id, admitted);
    return null;
  } catch (error) {
    if (error instanceof Failure && !error.code.startsWith("service.")) return replyTo(error);
    log.error({ error, session: session.id }, "recipient look-up failed");
    return replyFor(null);
  }
}

/** SIZE of MAIL FROM (RFC 1870); null without one. */
function announcedBytes({ envelope: { mailFrom } }: SMTPServerSession): number | null {
  const size = mailFrom === false ? Number.NaN : Number(Object(mailFrom.args)["SIZE"] ?? Number.NaN);
  return Number.isSafeInteger(size) ? size : null;
}

/** The 550, later the more wrong recipients the client's network had: who guesses addresses gets few answers. */
async function refuseRecipient(
  { wrongRecipients, pause, writeReplies, networkOf }: Inside,
  session: SMTPServerSession,
): Promise<SmtpReply> {
  const pauseMs = wrongRecipients.count(networkOf(session));
  if (pauseMs > 0) {
    writeReplies(session.id);
    await pause(pauseMs);
  }
  return replyFor("inbox.not_found");
}

/** @returns the text of the 250, which is sent after the commit only, or the reply that refuses the message */
async function takeMessage(
  inside: Inside,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<string | SmtpReply> {
  const { log, transactions } = inside;
  const recipients = [...(transactions.get(session)?.values() ?? [])];
  transactions.delete(session);
  try {
    const read = await readData(inside, stream, session);
    if (read.kind === "endless") inside.end(session.id, TOO_MUCH_DATA);
    if (read.kind === "too_slow") inside.end(session.id, TOO_SLOW);
    if (read.kind === "too_slow") return replyFor(null);
    if (read.kind === "endless" || read.kind === "too_large") return replyFor("input.too_large");
    if (read.kind === "over_budget") return overBudget();
    try {
      return await store(inside, session, recipients, read.raw);
    } finally {
      read.release();
    }
  } catch (error) {
    log.info({ error, session: session.id }, "the client disconnected during DATA");
    return replyFor(null);
  }
}

function readData(
  { budget, maxMessageBytes: limitBytes, dataWindowMs, networkOf }: Inside,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<ReadMessage> {
  return readMessage(
    stream,
    { budget, network: networkOf(session) },
    {
      limitBytes,
      overrunBytes: limitBytes * MAX_SMTP_OVERRUN,
      windowMs: dataWindowMs ?? SMTP_DATA_WINDOW_MS,
      windowBytes: SMTP_DATA_WINDOW_BYTES,
      totalMs: SMTP_DATA_TOTAL_MS,
    },
  );
}

async function store(
  { receiver, hostname, clock, log }: Inside,
  session: SMTPServerSession,
  recipients: readonly Recipient[],
  raw: Uint8Array,
): Promise<string | SmtpReply> {
  const receivedAt = clock.now();
  const { mailFrom, rcptTo, smtpUtf8 = false } = session.envelope;
  const envelopeFrom = mailFrom === false ? "" : mailFrom.address;
  // One atom: the id clause of a Received field takes no more (RFC 5321 section 4.4).
  const id = `${session.id}-${session.transaction}`;
  const trace = traceFields({
    returnPath: envelopeFrom,
    clientName: session.hostNameAppearsAs,
    clientAddress: session.remoteAddress,
    hostname,
    extended: session.openingCommand === "EHLO",
    encrypted: session.secure,
    international: smtpUtf8,
    id,
    recipients: rcptTo.map(({ address }) => address),
    at: receivedAt,
  });
  try {
    const client = { address: session.remoteAddress, name: session.hostNameAppearsAs };
    await receiver.receive({ raw, trace, recipients, envelopeFrom, receivedAt, client });
    return `2.0.0 Ok: queued as ${id}`;
  } catch (error) {
    if (error instanceof Failure) return replyTo(error);
    log.error({ error, session: session.id }, "storing a message failed");
    return replyFor(null);
  }
}
