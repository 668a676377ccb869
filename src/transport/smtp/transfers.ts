/** DATA of a listener's sessions: read within bounds of memory and time, stored, and its reply given after that. */
import type { SMTPServerDataStream, SMTPServerOptions, SMTPServerSession } from "smtp-server";
import { createKnownNetworks, type KnownNetworks } from "../../lib/known-networks.ts";
import type { Log } from "../../lib/log.ts";
import { networkOf } from "../../protocols/address/network.ts";
import {
  MAX_SMTP_OVERRUN,
  MAX_SMTP_SMALL_BYTES,
  SMALL_SMTP_BYTES,
  SMTP_DATA_LOOKS,
  SMTP_DATA_TOTAL_MS,
  SMTP_DATA_WINDOW_BYTES,
  SMTP_DATA_WINDOW_MS,
  SMTP_KNOWN_MS,
  SMTP_PACED_NETWORKS,
  SMTP_SLOW_BYTES_PER_SECOND,
} from "./limits.ts";
import {
  type ByteBudget,
  createByteBudget,
  type ReadMessage,
  readMessage,
  type Transfer,
} from "./read-message.ts";
import { overBudget, replyFor, SmtpReply, TOO_MUCH_DATA, TOO_SLOW } from "./replies.ts";

export interface TransferParts {
  readonly maxMessageBytes: number;
  /** Milliseconds in which DATA must bring SMTP_DATA_WINDOW_BYTES; SMTP_DATA_WINDOW_MS when absent. */
  readonly dataWindowMs?: number;
  /** Of unfinished mail, over all sessions. */
  readonly budget: ByteBudget;
  readonly log: Log;
  /** Called after the reply to a message was sent. */
  readonly onReplied: () => void;
  /** Ends the session with 421 and this text. */
  readonly end: (sessionId: string, text: string) => void;
}

export interface Transfers {
  /**
   * Handles DATA of a session. @param begin called at once, before the mail is read; gives what stores it, which gives the text of the 250
   * or the reply that refuses the mail
   */
  onData(begin: Begin): NonNullable<SMTPServerOptions["onData"]>;
  /** The client's network. */
  networkOf(session: SMTPServerSession): string;
  /** Whether the session is between DATA and its reply. */
  isReceiving(sessionId: string): boolean;
  /** Messages that come slowly, by session, the slowest first: to be given up when others want a place. */
  slow(): readonly SlowTransfer[];
  /** Resolves when every message under way was stored or refused. */
  settled(): Promise<void>;
}

export interface SlowTransfer {
  readonly sessionId: string;
  /** Ends the session. */
  giveUp(): void;
}

export type Begin = (session: SMTPServerSession) => (raw: Uint8Array) => Promise<string | SmtpReply>;

interface Inside extends TransferParts {
  readonly networkOf: (session: SMTPServerSession) => string;
  /** Messages that are being read, by session. */
  readonly reading: Map<string, Transfer>;
}

/** What all listeners of a process share. @param totalBytes beside those that are kept for small mails */
export const createMailBudget = (totalBytes: number, known: Pick<KnownNetworks, "has">): ByteBudget =>
  createByteBudget(totalBytes, { totalBytes: MAX_SMTP_SMALL_BYTES, ofBytes: SMALL_SMTP_BYTES }, known);

/** Networks that have brought mail, which all listeners of a process share. @param monotonicMs a clock that is not set back */
export const createKnownSenders = (monotonicMs: () => number): KnownNetworks =>
  createKnownNetworks({ max: SMTP_PACED_NETWORKS, keptMs: SMTP_KNOWN_MS }, monotonicMs);

export function createTransfers(parts: TransferParts): Transfers {
  // Of each session once: reading an address costs more than the rest of what is counted by it.
  const networks = new WeakMap<SMTPServerSession, string>();
  const networkOfSession = (session: SMTPServerSession): string => {
    const network = networks.get(session) ?? networkOf(session.remoteAddress);
    networks.set(session, network);
    return network;
  };
  const reading: Inside["reading"] = new Map();
  const inside: Inside = { ...parts, networkOf: networkOfSession, reading };
  const receiving = new Map<string, Promise<void>>();
  return {
    onData: (begin) => (stream, session, done) => {
      const work = takeMessage(inside, stream, session, begin(session)).then((outcome) => {
        receiving.delete(session.id);
        if (outcome instanceof SmtpReply) done(outcome);
        else done(null, outcome);
        parts.onReplied();
      });
      receiving.set(session.id, work);
    },
    networkOf: networkOfSession,
    isReceiving: (sessionId) => receiving.has(sessionId),
    slow: () =>
      [...reading]
        .filter(([, { isSlow }]) => isSlow)
        .sort(([, a], [, b]) => (a.lately ?? 0) - (b.lately ?? 0))
        .map(([sessionId, transfer]) => ({ sessionId, giveUp: () => transfer.giveUp() })),
    settled: async () => void (await Promise.allSettled(receiving.values())),
  };
}

/** @returns the text of the 250, which is sent after the commit only, or the reply that refuses the message */
async function takeMessage(
  inside: Inside,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  store: (raw: Uint8Array) => Promise<string | SmtpReply>,
): Promise<string | SmtpReply> {
  try {
    const read = await readData(inside, stream, session);
    if (read.kind === "endless") inside.end(session.id, TOO_MUCH_DATA);
    if (read.kind === "too_slow") inside.end(session.id, TOO_SLOW);
    if (read.kind === "too_slow") return replyFor(null);
    if (read.kind === "endless" || read.kind === "too_large") return replyFor("input.too_large");
    if (read.kind === "over_budget") return overBudget();
    try {
      return await store(read.raw);
    } finally {
      read.release();
    }
  } catch (error) {
    inside.log.info({ error, session: session.id }, "the client disconnected during DATA");
    return replyFor(null);
  }
}

async function readData(
  {
    budget,
    maxMessageBytes: limitBytes,
    dataWindowMs: windowMs = SMTP_DATA_WINDOW_MS,
    networkOf,
    reading,
  }: Inside,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<ReadMessage> {
  const read = readMessage(
    stream,
    { budget, network: networkOf(session) },
    {
      limitBytes,
      overrunBytes: limitBytes * MAX_SMTP_OVERRUN,
      windowMs,
      windowBytes: SMTP_DATA_WINDOW_BYTES,
      totalMs: SMTP_DATA_TOTAL_MS,
      looks: SMTP_DATA_LOOKS,
      slowBytes: (SMTP_SLOW_BYTES_PER_SECOND * windowMs) / SMTP_DATA_LOOKS / 1000,
    },
    (transfer) => void reading.set(session.id, transfer),
  );
  return read.finally(() => reading.delete(session.id));
}
