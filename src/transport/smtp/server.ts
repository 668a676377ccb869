/** Inbound SMTP (RFC 5321): mail for the inboxes here, from anybody. RCPT -> inbox, DATA -> receive. */
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { Failure } from "../../domain/failures.ts";
import { MAX_SMTP_PER_ADDRESS, MAX_SMTP_RECIPIENTS } from "../../domain/limits.ts";
import type { Receiver, Recipient } from "../../domain/messages/index.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Certificate } from "../../protocols/x509/self-signed.ts";
import { replyFor, SmtpReply } from "./replies.ts";
import { traceHeader } from "./trace.ts";

export interface SmtpParts {
  readonly receiver: Receiver;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly hostname: string;
  readonly maxMessageBytes: number;
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly certificate: Certificate;
}

export interface SmtpListener {
  start(): Promise<{ readonly port: number }>;
  /** Stops accepting; sessions in the middle of a message get their reply, within a bound. */
  stop(): Promise<void>;
}

/** Milliseconds without a command (RFC 5321 section 4.5.3.2.7). */
const IDLE_MS = 5 * 60_000;
/** Milliseconds that open sessions have to end when the server stops. */
const DRAIN_MS = 5000;
/** Commands that lead nowhere before the session is ended. */
const MAX_USELESS_COMMANDS = 100;

type Transactions = Map<string, Recipient[]>;

export function createSmtpServer(parts: SmtpParts): SmtpListener {
  // Recipients of the transaction each session is in; gone with the session.
  const transactions: Transactions = new Map();
  const perAddress = new Map<string, number>();
  const server = new SMTPServer({
    name: parts.hostname,
    banner: "Rookery",
    key: parts.certificate.key,
    cert: parts.certificate.cert,
    size: parts.maxMessageBytes,
    rejectOversized: true,
    disabledCommands: ["AUTH"],
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    maxClients: parts.maxConnections,
    maxAllowedUnauthenticatedCommands: MAX_USELESS_COMMANDS,
    socketTimeout: IDLE_MS,
    closeTimeout: DRAIN_MS,
    onConnect: (session, done) => done(admit(perAddress, session.remoteAddress)),
    onClose: (session) => {
      transactions.delete(session.id);
      perAddress.set(session.remoteAddress, Math.max(0, (perAddress.get(session.remoteAddress) ?? 1) - 1));
      if (perAddress.get(session.remoteAddress) === 0) perAddress.delete(session.remoteAddress);
    },
    onMailFrom: (_address, session, done) => {
      transactions.set(session.id, []);
      done();
    },
    onRcptTo: (address, session, done) =>
      void addRecipient(parts, transactions, session, address.address).then(done),
    onData: (stream, session, done) => {
      void takeMessage(parts, transactions, stream, session).then((result) =>
        typeof result === "string" ? done(null, result) : done(result),
      );
    },
  });
  // A client that breaks off, or speaks TLS badly, is its own problem.
  server.on("error", (error) => parts.log.warn({ error }, "smtp session ended with an error"));
  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.server.once("error", reject);
        server.listen(parts.port, parts.host, () =>
          resolve({ port: (server.server.address() as AddressInfo).port }),
        );
      }),
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

function admit(perAddress: Map<string, number>, address: string): SmtpReply | null {
  const open = (perAddress.get(address) ?? 0) + 1;
  perAddress.set(address, open);
  return open > MAX_SMTP_PER_ADDRESS
    ? new SmtpReply(421, "4.7.0 Too many connections from your address")
    : null;
}

/** @returns the error to reply with, or null */
async function addRecipient(
  parts: SmtpParts,
  transactions: Transactions,
  session: SMTPServerSession,
  address: string,
): Promise<SmtpReply | null> {
  const recipients = transactions.get(session.id) ?? [];
  if (recipients.length >= MAX_SMTP_RECIPIENTS)
    return new SmtpReply(452, "4.5.3 Too many recipients, send the rest in another transaction");
  try {
    const recipient = await parts.receiver.resolve(address);
    if (recipient === null) return replyFor("inbox.not_found");
    transactions.set(session.id, [...recipients, recipient]);
    return null;
  } catch (error) {
    parts.log.error({ error }, "a recipient could not be looked up");
    return replyFor(null);
  }
}

/** @returns the text of the 250, which is only said after the commit, or the error to reply with */
async function takeMessage(
  parts: SmtpParts,
  transactions: Transactions,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<string | SmtpReply> {
  const recipients = transactions.get(session.id) ?? [];
  transactions.set(session.id, []);
  try {
    const raw = await readAll(stream, parts.maxMessageBytes);
    if (raw === null) return replyFor("input.too_large");
    const receivedAt = parts.clock.now();
    const envelopeFrom = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
    const trace = traceHeader({
      clientName: String(session.hostNameAppearsAs ?? ""),
      clientAddress: session.remoteAddress,
      hostname: parts.hostname,
      encrypted: session.secure,
      extended: session.transmissionType.startsWith("ES"),
      id: session.id,
      at: receivedAt,
    });
    await parts.receiver.receive({ raw, trace, recipients, envelopeFrom, receivedAt });
    return `Ok: queued as ${session.id}`;
  } catch (error) {
    if (error instanceof Failure) return replyFor(error.code);
    parts.log.error({ error, session: session.id }, "a message could not be stored");
    return replyFor(null);
  }
}

/** The whole message, or null when it is over the limit: then it is read to its end, so that a reply can be given, and not kept. */
async function readAll(stream: SMTPServerDataStream, limitBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.byteLength;
    if (size > limitBytes) chunks.length = 0;
    else chunks.push(bytes);
  }
  return size > limitBytes ? null : Buffer.concat(chunks);
}
