/** From raw bytes to what an inbox stores: pure, done once per mail however many inboxes it is for. */
import { createHash } from "node:crypto";
import { formatAddress, type MailAddress } from "../../protocols/address/index.ts";
import { extractReply, type ParsedAttachment, parseMail, previewOf } from "../../protocols/mime/index.ts";
import { MAX_REFERENCES } from "../limits.ts";
import type { IncomingMail } from "./receiver.ts";

/** A mail ready to be stored, the same for each of its inboxes. */
export interface Arrival {
  readonly mail: IncomingMail;
  /** Trace header and mail: the raw message as it is kept. */
  readonly raw: Buffer;
  readonly rawSha256: Buffer;
  readonly messageId: string;
  readonly timestamp: Date;
  readonly from: string;
  readonly replyTo: readonly string[];
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly subject: string | null;
  readonly preview: string | null;
  readonly text: string | null;
  readonly html: string | null;
  readonly extractedText: string | null;
  readonly extractedHtml: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly (ParsedAttachment & { readonly sha256: Buffer })[];
}

const digest = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

const display = (addresses: readonly MailAddress[]): string[] => addresses.map(formatAddress);

/** A Date header outside this much of arrival, milliseconds, is a broken clock and would pin the mail to the top or bottom of every list. */
const MAX_CLOCK_AHEAD_MS = 24 * 3600 * 1000;

/** The Date header, or the time of arrival when there is none that can be believed. */
function timestampOf(date: Date | null, receivedAt: Date): Date {
  if (date === null || date.getTime() < 0) return receivedAt;
  return date.getTime() > receivedAt.getTime() + MAX_CLOCK_AHEAD_MS ? receivedAt : date;
}

/** Never throws: whatever the bytes are, there is a message to read in them. */
export async function prepareArrival(mail: IncomingMail, mailHost: string): Promise<Arrival> {
  const parsed = parseMail(mail.raw);
  const raw = Buffer.concat([Buffer.from(mail.trace, "utf8"), mail.raw]);
  const extracted = extractReply(parsed.text, parsed.html);
  return {
    mail,
    raw,
    rawSha256: digest(raw),
    // Made from the sender's bytes, so that a peer that tries again with the same mail gets the same id.
    messageId: parsed.messageId ?? `<${digest(mail.raw).toString("hex").slice(0, 40)}@${mailHost}>`,
    timestamp: mail.sentAt ?? timestampOf(parsed.date, mail.receivedAt),
    from: parsed.fromText === "" ? mail.envelopeFrom : parsed.fromText,
    replyTo: display(parsed.replyTo),
    to: display(parsed.to),
    cc: display(parsed.cc),
    subject: parsed.subject,
    preview: previewOf(parsed.text),
    text: parsed.text,
    html: parsed.html,
    extractedText: extracted.text,
    extractedHtml: extracted.html,
    inReplyTo: parsed.inReplyTo,
    references: parsed.references.slice(-MAX_REFERENCES),
    headers: parsed.headers,
    attachments: parsed.attachments.map((attachment) => ({
      ...attachment,
      sha256: digest(attachment.content),
    })),
  };
}
