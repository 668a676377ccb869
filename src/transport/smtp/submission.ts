/** The listener of mail submission (RFC 6409): AUTH -> who, MAIL FROM -> whether, DATA -> send. */
import type { SMTPServerSession } from "smtp-server";
import { Failure } from "../../domain/door/failures.ts";
import { recipientAddress, type SignedIn, type Submitter } from "../../domain/transit/sends/index.ts";
import { MAX_SIGN_INS_FAILED } from "./limits.ts";
import {
  createListener,
  type ListenerParts,
  type MailService,
  type Sessions,
  type SmtpListener,
} from "./listener.ts";
import { SmtpReply, TOO_MANY_WRONG_PASSWORDS } from "./replies.ts";
import { createSignIn } from "./sign-ins.ts";
import { noRecipient, refusalOfMail, temporarilyRefused, tooManyRecipients } from "./submission-replies.ts";
import { receivedField } from "./trace.ts";
import { createTransfers } from "./transfers.ts";

export interface SubmissionParts extends ListenerParts {
  readonly submitter: Submitter;
}

export const createSubmissionServer = (parts: SubmissionParts): SmtpListener =>
  createListener(parts, { authenticates: true }, (sessions) => createSubmission({ ...parts, ...sessions }));

/** A client's session. */
interface Client {
  signedIn: SignedIn | null;
  failedSignIns: number;
  /** Of the mail under way. */
  maxRecipients: number;
}

type Inside = SubmissionParts & Sessions;

function createSubmission(parts: Inside): MailService {
  const clients = new WeakMap<SMTPServerSession, Client>();
  const clientOf = (session: SMTPServerSession): Client => {
    const client = clients.get(session) ?? { signedIn: null, failedSignIns: 0, maxRecipients: 0 };
    clients.set(session, client);
    return client;
  };
  const transfers = createTransfers(parts);
  const signIn = createSignIn({ ...parts, monotonicMs: () => parts.clock.monotonicMs() });
  return {
    handlers: {
      onAuth: (given, session, done) =>
        void signIn(given, transfers.networkOf(session)).then((outcome) => {
          const client = clientOf(session);
          if (!(outcome instanceof SmtpReply)) {
            client.signedIn = outcome;
            done(null, { user: outcome.address });
            return;
          }
          done(outcome);
          if (++client.failedSignIns >= MAX_SIGN_INS_FAILED) parts.end(session.id, TOO_MANY_WRONG_PASSWORDS);
        }),
      onMailFrom: ({ address }, session, done) =>
        void begin(parts, clientOf(session), address).then((refusal) => done(refusal)),
      onRcptTo: ({ address }, session, done) =>
        done(refusalOfRecipient(session, clientOf(session), named(parts, address))),
      onData: transfers.onData((session) => (raw) => submit(parts, session, clientOf(session), raw)),
    },
    isReceiving: transfers.isReceiving,
    slow: transfers.slow,
    settled: transfers.settled,
  };
}

/** @returns the reply that refuses the mail before it is sent, or null */
async function begin(parts: Inside, client: Client, reversePath: string): Promise<SmtpReply | null> {
  try {
    client.maxRecipients = await signedInOf(client).enter(reversePath);
    return null;
  } catch (error) {
    return refusalOf(parts, error);
  }
}

/** A bare postmaster is this server's (RFC 5321 section 4.5.1). */
const named = ({ hostname }: Inside, address: string): string =>
  address.includes("@") ? address : `${address}@${hostname}`;

/** Whoever they are: those that cannot be reached bounce, as those of a send by API. What is no address is refused here, or all would be. */
function refusalOfRecipient(
  { envelope }: SMTPServerSession,
  { maxRecipients }: Client,
  address: string,
): SmtpReply | null {
  if (recipientAddress(address) === null) return noRecipient(address);
  return envelope.rcptTo.length < maxRecipients ? null : tooManyRecipients(maxRecipients);
}

async function submit(
  parts: Inside,
  session: SMTPServerSession,
  client: Client,
  raw: Uint8Array,
): Promise<string | SmtpReply> {
  const { hostname, clock } = parts;
  const { mailFrom, rcptTo, smtpUtf8 = false } = session.envelope;
  const submittedAt = clock.now();
  // One atom: the id clause of a Received field takes no more (RFC 5321 section 4.4).
  const id = `${session.id}-${session.transaction}`;
  const trace = receivedField({
    clientName: session.hostNameAppearsAs,
    clientAddress: session.remoteAddress,
    hostname,
    extended: session.openingCommand === "EHLO",
    encrypted: session.secure,
    authenticated: true,
    international: smtpUtf8,
    id,
    // It would name one who may be a Bcc to everybody.
    recipients: [],
    at: submittedAt,
  });
  const recipients = rcptTo.map(({ address }) => named(parts, address));
  const reversePath = mailFrom === false ? "" : mailFrom.address;
  try {
    const { messageId } = await signedInOf(client).submit({
      raw,
      trace,
      reversePath,
      recipients,
      submittedAt,
    });
    return `2.0.0 Ok: queued as ${id} ${messageId}`;
  } catch (error) {
    return refusalOf(parts, error);
  }
}

function signedInOf({ signedIn }: Client): SignedIn {
  // The library lets nobody so far.
  if (signedIn === null) throw new Error("a client that did not sign in sends mail");
  return signedIn;
}

function refusalOf({ log }: Inside, error: unknown): SmtpReply {
  if (error instanceof Failure) return refusalOfMail(error);
  log.error({ error }, "a submitted mail was not stored");
  return temporarilyRefused();
}
