/** SMTP replies: a reply code, and a text that begins with its enhanced status code (RFC 3463). */
import type { FailCode, Failure } from "../../domain/door/failures.ts";

/** An error that the session answers with `responseCode` and the message. */
export class SmtpReply extends Error {
  readonly responseCode: number;
  constructor(code: number, text: string) {
    super(text);
    this.responseCode = code;
  }
}

/** Anything that is not the recipient's or the message's fault is a server error: transient, so that the sender retries. */
const localError = [451, "4.3.0 Local error in processing, try again later"] as const;

const byCode: Partial<Readonly<Record<FailCode, readonly [number, string]>>> = {
  "inbox.not_found": [550, "5.1.1 No such mailbox"],
  // It will take mail again: a sender that tries for days loses nothing, where a 550 would have it give the address up
  // (RFC 3463 section 3.3, X.2.1).
  "sending.paused": [450, "4.2.1 Mailbox is paused, try again later"],
  // It is on its way out: a sender that is told so now takes the address off its list (RFC 3463 section 3.3, X.2.1).
  "pod.suspended": [550, "5.2.1 Mailbox disabled"],
  "rule.blocked": [550, "5.7.1 Message refused by policy"],
  "input.too_large": [552, "5.3.4 Message size exceeds the limit"],
  "message.looping": [554, "5.4.6 Too many hops, mail loop detected"],
  "service.full": [452, "4.3.1 Insufficient system storage, try again later"],
  "limit.exceeded": [452, "4.2.2 Mailbox over quota, try again later"],
  "limit.reached": [452, "4.7.1 Daily limit of the mailbox reached, try again later"],
  "storage.reached": [452, "4.2.2 Mailbox full, try again later"],
  "message.too_large": [552, "5.3.4 Message or attachment too large for the mailbox"],
  "attachment.refused": [552, "5.6.1 Attachment type not allowed by the mailbox"],
};

/** @param code null for an unexpected failure */
export function replyFor(code: FailCode | null): SmtpReply {
  const [status, text] = (code === null ? undefined : byCode[code]) ?? localError;
  return new SmtpReply(status, text);
}

/** As replyFor; an inbox may refuse attachments for their number, too. */
export const replyTo = ({ code, details }: Failure): SmtpReply =>
  details.limit?.resource === "attachmentCount"
    ? new SmtpReply(552, "5.3.4 Too many attachments for the mailbox")
    : replyFor(code);

/** The recipient's inbox refuses other mail than those of the recipients before: there is one answer to DATA for all of them. */
export const sendSeparately = (): SmtpReply =>
  new SmtpReply(452, "4.5.3 Recipient has limits of its own, send to it separately");

export const overBudget = (): SmtpReply => new SmtpReply(451, "4.3.1 Insufficient memory, try again later");

/** To a mail whose lines end in two ways (RFC 5321 section 2.3.8). @param at octet of the first LF without CR */
export const bareLineFeed = (at: number): SmtpReply =>
  new SmtpReply(554, `5.6.0 A line ends with LF alone, at octet ${at}: send CR LF`);

/** To a RCPT: the mail is taken a moment later, where the mailbox is then. */
export const mailboxMoves = (): SmtpReply =>
  new SmtpReply(451, "4.2.1 Mailbox is being moved, try again later");

/** To a command that needs a signed-in client (RFC 4954 section 6). */
export const AUTHENTICATE_FIRST = "5.7.0 Authentication required";
export const ENCRYPT_FIRST = "5.7.11 Encryption required: issue STARTTLS first";

export const UNKNOWN_PARAMETER = "5.5.4 Parameter not recognized or not implemented";

// Texts of a 421 that ends a session, in place of the greeting or between commands.
export const TOO_MANY_SESSIONS = "4.3.2 Too many connections, try again later";
export const TOO_MANY_FROM_YOU = "4.7.0 Too many connections from your network, try again later";
export const TOO_MANY_ERRORS = "4.7.0 Too many errors or commands without a message, closing connection";
export const TOO_MUCH_DATA = "4.3.4 Message far exceeds the size limit, closing connection";
export const TOO_SLOW = "4.4.2 Message arrives too slowly, closing connection";
export const TOO_MANY_WRONG_PASSWORDS = "4.7.0 Too many failed sign-ins, closing connection";
export const IDLE_WHILE_FULL = "4.4.2 Idle while others wait for a connection, closing connection";
export const STOPPING = "4.3.2 Service shutting down, try again later";
