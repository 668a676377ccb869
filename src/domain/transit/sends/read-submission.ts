/** From the bytes that a client submits to what is stored and sent: pure but for the codec, done with no transaction open. */
import { asBuffer } from "../../../lib/as-buffer.ts";
import { sha256 } from "../../../lib/hash.ts";
import { canonicalAddress, parseReceivedAddress } from "../../../protocols/address/index.ts";
import {
  completeSubmitted,
  isReadWhole,
  type MimeCodec,
  type ReadMail,
  readSubmittedHeader,
} from "../../../protocols/mime/index.ts";
import { flawOf } from "../../../protocols/smtp/wire-form.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { checkHops } from "../arrivals/index.ts";
import type { Repeatable } from "./idempotency.ts";

/** A mail as a client submits it. */
export interface Submission {
  /** RFC 5322 bytes without the dot-stuffing of SMTP. */
  readonly raw: Uint8Array;
  /** The Received field to put in front (RFC 5321 section 4.4), with its CR LF. */
  readonly trace: string;
  /** MAIL FROM. */
  readonly reversePath: string;
  /** Of RCPT TO: to whom it goes, whatever its header says. */
  readonly recipients: readonly string[];
  readonly submittedAt: Date;
}

/** The same, read. */
export interface SubmittedMail {
  readonly reversePath: string;
  readonly recipients: readonly string[];
  /** Of From and Sender; null without that field. */
  readonly from: string;
  readonly sender: string | null;
  readonly messageId: string;
  /** What is stored and sent: the trace field, the client's bytes, and what they lacked. */
  readonly raw: Buffer;
  readonly mail: ReadMail;
  /** Null: the client gave it no Message-ID, so that nothing tells it from another. */
  readonly request: Repeatable | null;
}

/**
 * @param madeId Message-ID of a mail that has none
 * @throws Failure input.invalid for what no server may be sent, or some would read in another way; message.looping; service.unavailable
 * when it could not be read in time
 */
export async function readSubmission(
  { raw, trace, reversePath, recipients, submittedAt }: Submission,
  mimeCodec: MimeCodec,
  madeId: string,
): Promise<SubmittedMail> {
  const bytes = asBuffer(raw);
  const flaw = flawOf(bytes);
  if (flaw !== null) throw malformed(flaw);
  checkHops(bytes);
  const header = readSubmittedHeader(bytes);
  if (typeof header === "string") throw malformed(header);
  const missing = [
    ...(header.hasDate ? [] : [`Date: ${submittedAt.toUTCString().replace("GMT", "+0000")}\r\n`]),
    ...(header.hasMessageId ? [] : [`Message-ID: ${madeId}\r\n`]),
  ].join("");
  const completed = completeSubmitted(bytes, header, missing);
  const mail = await mimeCodec.read(completed, trace);
  if (!isReadWhole(mail)) throw unread();
  const { messageId } = mail;
  if (messageId === null) throw malformed("the field Message-ID has no Message-ID");
  const to = [...new Set(recipients.map(recipientOf))];
  return {
    ...{ reversePath, recipients: to, messageId, mail },
    from: header.from.address,
    sender: header.sender?.address ?? null,
    raw: Buffer.concat([Buffer.from(trace, "utf8"), completed]),
    request: header.hasMessageId ? repeatableOf(messageId, to, mail) : null,
  };
}

/** The address of RCPT TO that mail can be sent to; null for any other, such as one at an IP address. */
export const recipientAddress = (written: string): string | null =>
  parseReceivedAddress(written)?.address ?? null;

function recipientOf(written: string): string {
  const address = recipientAddress(written);
  if (address === null) throw malformed(`${written} is no address that mail can be sent to`);
  return address;
}

/**
 * The same mail to the same recipients is the same request. A program that tries again may write Date and boundaries anew, so what it
 * says counts and not its bytes; and one that gives a list of recipients in pieces repeats the Message-ID for others.
 */
function repeatableOf(messageId: string, recipients: readonly string[], mail: ReadMail): Repeatable {
  const { subject, text, html, fromText, to, cc, inReplyTo, attachments } = mail;
  const files = attachments.map(({ filename, sha256: hash }) => [filename, hash.toString("base64")]);
  const named = [messageId, ...recipients.map(canonicalAddress).sort()];
  return {
    key: `message-id ${sha256(JSON.stringify(named)).toString("base64url")}`,
    fingerprint: sha256(JSON.stringify([subject, text, html, fromText, to, cc, inReplyTo, files])),
  };
}

const malformed = (why: string): Failure =>
  invalid([], `Message rejected: ${why}`, "Write it as RFC 5322 has it, with CR LF at the end of each line.");

const unread = (): Failure =>
  fail("service.unavailable", {
    message: "The message could not be read in time",
    hint: "Try again in a few seconds.",
  });
