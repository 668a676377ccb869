/** Reads a mail. Never throws: broken MIME, odd charsets and hostile nesting still give something to read. */
import PostalMime, { type Address, type Attachment, type Email } from "postal-mime";
import type { MailAddress } from "../address/index.ts";
import { formatAddress } from "../address/index.ts";
import { normaliseMessageId, parseMessageIds } from "./message-id.ts";
import { readPlainMail } from "./plain-mail.ts";

export interface ParsedAttachment {
  readonly filename: string | null;
  readonly contentType: string;
  readonly disposition: "inline" | "attachment";
  /** Without brackets. */
  readonly contentId: string | null;
  readonly content: Uint8Array;
}

export interface ParsedMail {
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  /** `Name <a@b>`, or the header as it stands when there is no address in it; empty without one. */
  readonly fromText: string;
  readonly replyTo: readonly MailAddress[];
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  /** Without trailing white space; null when empty. */
  readonly subject: string | null;
  readonly date: Date | null;
  /** From text/plain parts only. */
  readonly text: string | null;
  readonly html: string | null;
  /** Unfolded values by name as first written; the first of repeated ones. */
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly ParsedAttachment[];
  /** What could not be read as it was meant. */
  readonly problems: readonly string[];
}

/** Parts inside parts: mailing lists reach five, nobody honest reaches fifty. */
const MAX_NESTING = 50;
/** Bytes of all headers together. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** Headers kept for the reader, and characters of each. */
const MAX_HEADERS = 200;
const MAX_HEADER_LENGTH = 8192;
/** Attachments kept apart; the raw message has them all. */
const MAX_ATTACHMENTS = 1000;
/** Addresses kept of one header: the raw message has them all, and a list row should stay a row. */
const MAX_ADDRESSES = 1000;
/** Ancestors kept of a References header. */
const MAX_REFERENCES = 100;

const bounds = {
  maxNestingDepth: MAX_NESTING,
  maxHeadersSize: MAX_HEADER_BYTES,
  forceRfc822Attachments: true,
};

export async function parseMail(raw: Uint8Array): Promise<ParsedMail> {
  try {
    const plain = readPlainMail(raw);
    if (plain === null) return mailOf(await PostalMime.parse(raw, bounds));
    const mail = mailOf(await PostalMime.parse(plain.header, bounds));
    return { ...mail, text: textOrNull(plain.text), html: null, attachments: [] };
  } catch (error) {
    return unparsed(raw, error instanceof Error ? error.message : String(error));
  }
}

/** PostgreSQL stores neither NUL nor half of a surrogate pair. */
const storable = (text: string): string => text.replaceAll("\0", "").toWellFormed();

function mailOf(email: Email): ParsedMail {
  const headerText = (key: string): string => email.headers.find((header) => header.key === key)?.value ?? "";
  const date = email.date === undefined ? null : new Date(email.date);
  return {
    messageId: normaliseMessageId(storable(headerText("message-id"))),
    inReplyTo: parseMessageIds(storable(headerText("in-reply-to")), MAX_REFERENCES)[0] ?? null,
    references: parseMessageIds(storable(headerText("references")), MAX_REFERENCES),
    fromText: fromText(email, headerText("from")),
    replyTo: addresses(email.replyTo),
    to: addresses(email.to),
    cc: addresses(email.cc),
    subject: textOrNull(email.subject?.trimEnd()),
    date: date === null || Number.isNaN(date.getTime()) ? null : date,
    text: textOrNull(email.text),
    html: textOrNull(email.html),
    headers: headersOf(email),
    attachments: email.attachments.slice(0, MAX_ATTACHMENTS).map(attachmentOf),
    problems: email.attachments.length > MAX_ATTACHMENTS ? [`${email.attachments.length} attachments`] : [],
  };
}

const textOrNull = (text: string | undefined): string | null =>
  text === undefined || text === "" ? null : storable(text);

function addresses(list: Address[] | undefined): MailAddress[] {
  const flat = (list ?? []).flatMap((address) => (address.group === undefined ? [address] : address.group));
  return flat
    .filter(({ address }) => address !== "")
    .slice(0, MAX_ADDRESSES)
    .map(({ name, address }) => ({ name: name === "" ? null : storable(name), address: storable(address) }));
}

function fromText(email: Email, header: string): string {
  const [first] = addresses(email.from === undefined ? [] : [email.from]);
  return first === undefined ? storable(header).trim() : formatAddress(first);
}

function headersOf(email: Email): Record<string, string> {
  const headers: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { key, originalKey, value } of email.headers) {
    if (seen.size >= MAX_HEADERS) break;
    if (seen.has(key) || key === "") continue;
    seen.add(key);
    headers[storable(originalKey)] = storable(value).slice(0, MAX_HEADER_LENGTH).toWellFormed();
  }
  return headers;
}

function attachmentOf(part: Attachment): ParsedAttachment {
  const { content } = part;
  const bytes =
    typeof content === "string" ? Buffer.from(content, part.encoding ?? "utf8") : new Uint8Array(content);
  const contentId = part.contentId === undefined ? null : storable(part.contentId).replaceAll(/^<|>$/g, "");
  return {
    filename: part.filename === null ? null : storable(part.filename),
    contentType: storable(part.mimeType),
    disposition:
      part.disposition === "inline" || (part.related === true && part.disposition !== "attachment")
        ? "inline"
        : "attachment",
    contentId: contentId === "" ? null : contentId,
    content: bytes,
  };
}

/** When the library gives up: header fields by hand, and everything behind the first empty line as the text. */
function unparsed(raw: Uint8Array, problem: string): ParsedMail {
  const text = storable(Buffer.from(raw).toString("utf8"));
  const end = /\r?\n\r?\n/.exec(text);
  const head = (end === null ? "" : text.slice(0, Math.min(end.index, MAX_HEADER_BYTES))).replaceAll(
    /\r?\n[ \t]+/g,
    " ",
  );
  const body = end === null ? text : text.slice(end.index + end[0].length);
  const headers: Record<string, string> = {};
  for (const line of head.split(/\r?\n/).slice(0, MAX_HEADERS)) {
    const field = /^([!-9;-~]{1,76}):\s*(.*)$/.exec(line);
    if (field?.[1] !== undefined && field[2] !== undefined)
      headers[field[1]] ??= field[2].slice(0, MAX_HEADER_LENGTH).toWellFormed();
  }
  const value = (name: string): string =>
    Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? "";
  const subject = value("subject").trimEnd();
  return {
    messageId: normaliseMessageId(value("message-id")),
    inReplyTo: parseMessageIds(value("in-reply-to"), MAX_REFERENCES)[0] ?? null,
    references: parseMessageIds(value("references"), MAX_REFERENCES),
    fromText: value("from"),
    replyTo: [],
    to: [],
    cc: [],
    subject: subject === "" ? null : subject,
    date: null,
    text: body === "" ? null : body,
    html: null,
    headers,
    attachments: [],
    problems: [problem],
  };
}
