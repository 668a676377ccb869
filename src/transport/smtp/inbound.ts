/** Inbound mail: RCPT TO -> inbox, DATA -> receive. */
import type { SMTPServerSession } from "smtp-server";
import { Failure } from "../../domain/door/failures.ts";
import { pauseOf } from "../../domain/door/paused.ts";
import { haveSameContentLimits } from "../../domain/guardrails/policies/index.ts";
import type { Receiver, Recipient } from "../../domain/transit/arrivals/index.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Pacing } from "../../lib/pacing.ts";
import type { MailService } from "./listener.ts";
import { mailboxMoves, replyFor, replyTo, type SmtpReply, sendSeparately } from "./replies.ts";
import { traceFields } from "./trace.ts";
import { createTransfers, type TransferParts } from "./transfers.ts";

export interface InboundParts extends TransferParts {
  readonly receiver: Receiver;
  /** This server's name, in trace fields and as the domain of a bare `postmaster`. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Log;
  /** By network, how late a wrong recipient is answered. */
  readonly wrongRecipients: Pacing;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Sends the replies that wait for those behind them in a pipelined group. */
  readonly writeReplies: (sessionId: string) => void;
  /** Told of each reply that refuses a recipient or a mail. */
  readonly onRefused?: (command: "RCPT" | "DATA", reply: SmtpReply) => void;
}

/** The inboxes of each session's mail transaction, by id: an inbox named in two RCPT TO gets one copy. */
type Transactions = WeakMap<SMTPServerSession, Map<string, Recipient>>;

interface Inside extends InboundParts {
  readonly transactions: Transactions;
  /** The client's network. */
  readonly networkOf: (session: SMTPServerSession) => string;
}

export function createInbound(parts: InboundParts): MailService {
  const transactions: Transactions = new WeakMap();
  const transfers = createTransfers(parts);
  const inside: Inside = { ...parts, transactions, networkOf: transfers.networkOf };
  return {
    handlers: {
      onMailFrom(_address, session, done) {
        transactions.set(session, new Map());
        done();
      },
      onRcptTo({ address }, session, done) {
        void addRecipient(inside, session, address).then((refused) => {
          if (refused !== null) parts.onRefused?.("RCPT", refused);
          done(refused);
        });
      },
      onData: transfers.onData((session) => {
        const recipients = [...(transactions.get(session)?.values() ?? [])];
        transactions.delete(session);
        return async (raw) => {
          const reply = await store(inside, session, recipients, raw);
          if (typeof reply !== "string") parts.onRefused?.("DATA", reply);
          return reply;
        };
      }),
    },
    isReceiving: transfers.isReceiving,
    settled: transfers.settled,
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
