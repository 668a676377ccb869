/** Inbound mail: RCPT TO -> inbox, DATA -> receive. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { SMTPServerSession } from "smtp-server";
import { Failure } from "../../domain/door/failures.ts";
import { pauseOf } from "../../domain/door/paused.ts";
import { haveSameContentLimits } from "../../domain/guardrails/policies/index.ts";
import { isRole, type Receiver, type Recipient } from "../../domain/transit/arrivals/index.ts";
import type { Returns } from "../../domain/transit/feedback/index.ts";
import { asBuffer } from "../../lib/as-buffer.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Pacing } from "../../lib/pacing.ts";
import { findBareLineFeed } from "./line-ends.ts";
import type { MailService } from "./listener.ts";
import { bareLineFeed, mailboxMoves, replyFor, replyTo, SmtpReply, sendSeparately } from "./replies.ts";
import { traceFields } from "./trace.ts";
import { createTransfers, type TransferParts } from "./transfers.ts";

export interface InboundParts extends TransferParts {
  readonly receiver: Receiver;
  readonly returns: Returns;
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

/** Whom the mail of a transaction is for: inboxes, or the return path of one delivery. */
interface Accepted {
  /** By id: an inbox named in two RCPT TO gets one copy. */
  readonly recipients: Map<string, Recipient>;
  /** Null: none is named. */
  deliveryId: string | null;
}

type Transactions = WeakMap<SMTPServerSession, Accepted>;

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
        transactions.set(session, { recipients: new Map(), deliveryId: null });
        done();
      },
      onRcptTo({ address }, session, done) {
        void addRecipient(inside, session, address).then((refused) => {
          if (refused !== null) parts.onRefused?.("RCPT", refused);
          done(refused);
        });
      },
      onData: transfers.onData((session) => {
        const { recipients = new Map(), deliveryId = null } = transactions.get(session) ?? {};
        transactions.delete(session);
        return async (raw) => {
          const reply = await take(inside, session, { recipients, deliveryId }, raw);
          if (typeof reply !== "string") parts.onRefused?.("DATA", reply);
          return reply;
        };
      }),
    },
    isReceiving: transfers.isReceiving,
    slow: transfers.slow,
    settled: transfers.settled,
  };
}

/** @returns the text of the 250, or the reply that refuses the mail */
async function take(
  inside: Inside,
  session: SMTPServerSession,
  { recipients, deliveryId }: Accepted,
  raw: Uint8Array,
): Promise<string | SmtpReply> {
  // Servers disagree on whether such a line is one, and so on where a mail ends (docs/decisions/0008-smtp-line-ends.md).
  const bareAt = await findBareLineFeed(asBuffer(raw), nextTurn);
  if (bareAt !== null) return bareLineFeed(bareAt);
  return deliveryId === null
    ? store(inside, session, [...recipients.values()], raw)
    : takeReturned(inside, session, deliveryId, raw);
}

/** @returns the reply that refuses the recipient, or null */
async function addRecipient(
  inside: Inside,
  session: SMTPServerSession,
  written: string,
): Promise<SmtpReply | null> {
  const { hostname, returns, transactions } = inside;
  const accepted = transactions.get(session);
  // A bare postmaster has no domain (RFC 5321 section 4.5.1): this server's.
  const address = written.includes("@") ? written : `${written}@${hostname}`;
  const deliveryId = returns.deliveryOf(address);
  if (deliveryId !== null) {
    // A report is for one return path (RFC 3464 section 2); whatever names several is to be told of each.
    const isAlone = accepted?.recipients.size === 0 && (accepted.deliveryId ?? deliveryId) === deliveryId;
    if (accepted === undefined || !isAlone) return sendSeparately();
    accepted.deliveryId = deliveryId;
    return null;
  }
  const [first] = accepted?.recipients.values() ?? [];
  const found = await admit(inside, session, address, first);
  if (found instanceof SmtpReply) return found;
  if (accepted?.deliveryId !== null) return sendSeparately();
  accepted.recipients.set(found.inbox.id, found);
  return null;
}

/** @param first recipient of the transaction so far @returns the recipient, or the reply that refuses it */
async function admit(
  inside: Inside,
  session: SMTPServerSession,
  address: string,
  first?: Recipient,
): Promise<Recipient | SmtpReply> {
  const { receiver, log } = inside;
  try {
    const envelopeFrom = reversePathOf(session);
    const recipient = await receiver.resolve(address, envelopeFrom);
    if (recipient === null) return await refuseRecipient(inside, session);
    if (recipient.inbox.isSuspended) return replyFor("pod.suspended");
    const paused = pauseOf(recipient.inbox);
    if (paused !== null) return replyFor(paused.code);
    if (recipient.inbox.isMoving) return mailboxMoves();
    if (!haveSameContentLimits((first ?? recipient).limits, recipient.limits)) return sendSeparately();
    return await receiver.admit(recipient, { envelopeFrom, sizeBytes: announcedBytes(session) });
  } catch (error) {
    if (error instanceof Failure && !error.code.startsWith("service.")) return replyTo(error);
    log.error({ error, session: session.id }, "recipient look-up failed");
    return replyFor(null);
  }
}

/** Empty for the null reverse-path. */
const reversePathOf = ({ envelope: { mailFrom } }: SMTPServerSession): string =>
  mailFrom === false ? "" : mailFrom.address;

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

/** Mail to the return path of a delivery: a report is recorded, any other mail goes to who sent the message. */
async function takeReturned(
  inside: Inside,
  session: SMTPServerSession,
  deliveryId: string,
  raw: Uint8Array,
): Promise<string | SmtpReply> {
  const { returns, log } = inside;
  try {
    const { isReport, address } = await returns.take(deliveryId, raw);
    const done = `2.0.0 Ok: recorded as ${session.id}-${session.transaction}`;
    if (address === null) return isReport ? done : replyFor("inbox.not_found");
    const found = await admit(inside, session, address);
    const reply = found instanceof SmtpReply ? found : await store(inside, session, [found], raw);
    // What is on record is not to come again because the inbox takes no mail now.
    return isReport ? done : reply;
  } catch (error) {
    log.error({ error, session: session.id }, "recording a report failed");
    return replyFor(null);
  }
}

async function store(
  { receiver, returns, hostname, clock, log }: Inside,
  session: SMTPServerSession,
  recipients: readonly Recipient[],
  raw: Uint8Array,
): Promise<string | SmtpReply> {
  const receivedAt = clock.now();
  const { rcptTo, smtpUtf8 = false } = session.envelope;
  const envelopeFrom = reversePathOf(session);
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
    if (rcptTo.some(({ address }) => isRole(address))) await returns.takeComplaint(raw);
    const client = { address: session.remoteAddress, name: session.hostNameAppearsAs };
    await receiver.receive({ raw, trace, recipients, envelopeFrom, receivedAt, client });
    return `2.0.0 Ok: queued as ${id}`;
  } catch (error) {
    if (error instanceof Failure) return replyTo(error);
    log.error({ error, session: session.id }, "storing a message failed");
    return replyFor(null);
  }
}
