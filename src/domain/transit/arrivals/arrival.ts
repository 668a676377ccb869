/** From raw bytes to what an inbox stores: pure, done once per mail for all of its inboxes. */
import { sha256 } from "../../../lib/hash.ts";
import { formatAddress, type MailAddress, parseReceivedAddress } from "../../../protocols/address/index.ts";
import {
  type AutomaticKind,
  automaticKindOf,
  type MimeCodec,
  type ReadMail,
} from "../../../protocols/mime/index.ts";
import { MAX_REFERENCES } from "../../limits.ts";
import { isAuthenticated } from "./authenticity.ts";
import type { IncomingMail } from "./receiver.ts";

/** A mail ready to be stored, the same for each of its inboxes. */
export interface Arrival {
  readonly mail: IncomingMail;
  /** Trace fields and mail: the raw message as it is stored. */
  readonly raw: Buffer;
  readonly rawSha256: Buffer;
  /** Of its header; made here when it has none. */
  readonly sentMessageId: string;
  /** False: it was judged, and not believed to come from whom it names. */
  readonly isAuthenticated: boolean;
  /** The same for the same mail, whatever its trace fields; another where it is not authenticated, so that neither is taken for the other. */
  readonly contentSha256: Buffer;
  readonly timestamp: Date;
  /** Its Date field. */
  readonly date: Date | null;
  readonly from: string;
  /** The address that lists are asked about: that in From, else the reverse-path; null when there is neither. */
  readonly sender: string | null;
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
  /** Message-IDs of possible ancestors, the nearest first. */
  readonly ancestors: readonly string[];
  /** Outlook's conversation; null without one. */
  readonly threadIndex: ReadMail["threadIndex"];
  readonly headers: Readonly<Record<string, string>>;
  /** Why it is taken for a program's; null: it is not. */
  readonly automatic: AutomaticKind | null;
  readonly attachments: ReadMail["attachments"];
}

const display = (addresses: readonly MailAddress[]): string[] => addresses.map(formatAddress);

/** A Date header outside this much of arrival, milliseconds, is a broken clock and would pin the mail to the top or bottom of every list. */
const MAX_CLOCK_AHEAD_MS = 24 * 3600 * 1000;

/** The Date header, or the time of arrival when it is missing or implausible. */
function timestampOf(date: Date | null, receivedAt: Date): Date {
  if (date === null || date.getTime() < 0) return receivedAt;
  return date.getTime() > receivedAt.getTime() + MAX_CLOCK_AHEAD_MS ? receivedAt : date;
}

/**
 * A Message-ID for mail without one, derived from its content, so that a peer that retries the same mail gets the same. Mail without a Date header, as a script writes it, may be sent again on purpose: it counts as the same for an hour.
 */
function madeId(content: Buffer, date: Date | null, receivedAt: Date, mailHost: string): string {
  // The hour of its arrival.
  const hour = receivedAt.toISOString().slice(0, 13);
  const made = date === null ? sha256(content, hour) : content;
  return `<${made.toString("hex").slice(0, 40)}@${mailHost}>`;
}

/** Never throws: any bytes can be read as a message. */
export async function prepareArrival(
  mail: IncomingMail,
  mailHost: string,
  mimeCodec: MimeCodec,
): Promise<Arrival> {
  const parsed = await mimeCodec.read(mail.raw, mail.trace);
  const sender = (parseReceivedAddress(parsed.fromText)?.address ?? mail.envelopeFrom) || null;
  const isBelieved = mail.judgement === undefined || isAuthenticated(mail.judgement.verdicts, sender);
  return {
    mail,
    raw: Buffer.concat([Buffer.from(mail.trace, "utf8"), mail.raw]),
    rawSha256: parsed.storedSha256,
    sentMessageId: parsed.messageId ?? madeId(parsed.contentSha256, parsed.date, mail.receivedAt, mailHost),
    isAuthenticated: isBelieved,
    contentSha256: isBelieved ? parsed.contentSha256 : sha256(parsed.contentSha256, "unauthenticated"),
    timestamp: mail.sentAt ?? timestampOf(parsed.date, mail.receivedAt),
    date: parsed.date,
    from: parsed.fromText === "" ? mail.envelopeFrom : parsed.fromText,
    sender,
    replyTo: display(parsed.replyTo),
    to: display(parsed.to),
    cc: display(parsed.cc),
    subject: parsed.subject,
    preview: parsed.preview,
    text: parsed.text,
    html: parsed.html,
    extractedText: parsed.extractedText,
    extractedHtml: parsed.extractedHtml,
    inReplyTo: parsed.inReplyTo,
    references: parsed.references.slice(-MAX_REFERENCES),
    // In the thread of what it claims to answer it would hide that thread, or be read as part of it.
    ancestors: isBelieved ? parsed.ancestors : [],
    threadIndex: isBelieved ? parsed.threadIndex : null,
    headers: headersOf(parsed.headers, mail.trace),
    automatic: automaticKindOf(parsed.headers, mail.envelopeFrom === "" && mail.sent === undefined),
    attachments: parsed.attachments,
  };
}

const RESULTS = "Authentication-Results";

/** With our Authentication-Results, when there is one: the first of a name counts, and the trace fields stand first. */
function headersOf(
  headers: Readonly<Record<string, string>>,
  trace: string,
): Readonly<Record<string, string>> {
  if (!trace.startsWith(RESULTS)) return headers;
  const field = trace.slice(RESULTS.length + 1, trace.search(/\r\n(?!\t)/));
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== RESULTS.toLowerCase());
  return Object.fromEntries([[RESULTS, field.replaceAll(/\s+/g, " ").trim()], ...others]);
}
