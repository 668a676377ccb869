/** Reads a mail. Never throws: broken MIME, odd charsets and hostile nesting still give something to read. */
import { addressParser, decodeWords } from "postal-mime";
import { formatAddress, MAX_DISPLAY_NAME, type MailAddress } from "../address/index.ts";
import { bodyTexts, contentOf, textsAndFiles } from "./body-text.ts";
import { joinWords } from "./encoded-word.ts";
import { fileName } from "./file-name.ts";
import { fieldValue, type HeaderField, oneLine } from "./header.ts";
import { parseMessageIds } from "./message-id.ts";
import { type Part, readMail } from "./parts.ts";

export interface ParsedAttachment {
  /** A name and no path, without control characters. */
  readonly filename: string | null;
  /** type/subtype, lower-case, without parameters. */
  readonly contentType: string;
  readonly disposition: "inline" | "attachment";
  /** Without brackets. */
  readonly contentId: string | null;
  /** Byte for byte what was attached; may be a view of the mail. */
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

/** Headers kept for the reader, characters of each, and of all: every item of a list shows them. */
const MAX_HEADERS = 200;
const MAX_HEADER_LENGTH = 8192;
const MAX_HEADERS_LENGTH = 65_536;
/** Attachments kept apart; the raw message has them all. */
const MAX_ATTACHMENTS = 1000;
/** Addresses kept of one header, and characters read of it: the raw message has them all, and a list row should stay a row. */
const MAX_ADDRESSES = 1000;
const MAX_ADDRESSES_LENGTH = 100_000;
/** Ancestors kept of a References header. */
const MAX_REFERENCES = 100;

const LF = 0x0a;
const CR = 0x0d;

export function parseMail(raw: Uint8Array): ParsedMail {
  const { fields, parts, cut } = readMail(withLineFeeds(raw));
  const { texts, files: attached } = textsAndFiles(parts);
  const { text, html } = bodyTexts(texts);
  const attachments = attached.slice(0, MAX_ATTACHMENTS).map(attachmentOf);
  const subject = decodeLine(fieldValue(fields, "subject")).replaceAll("\t", " ");
  return {
    messageId: idsOf(fields, "message-id")[0] ?? null,
    inReplyTo: idsOf(fields, "in-reply-to")[0] ?? null,
    references: idsOf(fields, "references"),
    fromText: fromText(fields),
    replyTo: addressesOf(fields, "reply-to"),
    to: addressesOf(fields, "to"),
    cc: addressesOf(fields, "cc"),
    subject: subject === "" ? null : subject,
    date: dateOf(fieldValue(fields, "date")),
    text: text === "" ? null : text,
    html: html === "" ? null : html,
    headers: headersOf(fields),
    attachments,
    problems: [
      ...(cut ? ["more parts than are read"] : []),
      ...(attached.length > MAX_ATTACHMENTS ? [`${attached.length} attachments`] : []),
    ],
  };
}

/** A mail whose only line ends are carriage returns would be one long header. */
function withLineFeeds(raw: Uint8Array): Buffer {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const first = bytes.indexOf(LF);
  if (first !== -1 && first < bytes.length - 2) return bytes;
  return Buffer.from(bytes.map((byte) => (byte === CR ? LF : byte)));
}

const idsOf = (fields: readonly HeaderField[], key: string): string[] =>
  parseMessageIds(fieldValue(fields, key), MAX_REFERENCES);

/** Of a header that stands there several times, all addresses. */
function addressesOf(fields: readonly HeaderField[], key: string): MailAddress[] {
  const values = fields.filter((field) => field.key === key).map(({ value }) => value);
  const list = values.join(", ");
  const cut = list.slice(0, MAX_ADDRESSES_LENGTH);
  // What is behind the last comma of a list cut short is half an address.
  const whole = cut.length < list.length ? cut.slice(0, cut.lastIndexOf(",") + 1 || cut.length) : list;
  return addressParser(joinWords(whole))
    .flatMap((entry) => entry.group ?? [entry])
    .map(({ name, address }) => ({ name: oneLine(name), address: oneLine(address) }))
    .filter(({ address }) => address !== "")
    .slice(0, MAX_ADDRESSES)
    .map(({ name, address }) => ({ name: name === "" ? null : shortName(name), address }));
}

/** So that the sender of any mail can be answered: an address with a longer name is refused. */
const shortName = (name: string): string => name.slice(0, MAX_DISPLAY_NAME).toWellFormed().trimEnd();

function fromText(fields: readonly HeaderField[]): string {
  const [first] = addressesOf(fields, "from");
  if (first !== undefined) return formatAddress(first);
  return decodeLine(fieldValue(fields, "from"));
}

const decodeLine = (value: string): string =>
  oneLine(decodeWords(joinWords(value.slice(0, MAX_HEADER_LENGTH))));

/** Null without a time of day: a lone number would be read as a month. */
function dateOf(value: string): Date | null {
  if (!/\d:\d\d/.test(value)) return null;
  // Without a zone it would be taken for the time where the server stands.
  const date = zone.test(value) ? new Date(value) : new Date(`${value.replace(/(\d)T(\d)/, "$1 $2")} UTC`);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** A zone at the end, by its offset or its name, with or without a comment. */
const zone = /([+-]\d\d:?\d\d|[A-Z]{1,5})\s*(\([^()]*\)\s*)?$/i;

function headersOf(fields: readonly HeaderField[]): Record<string, string> {
  const first = new Map<string, HeaderField>();
  for (const field of fields) if (!first.has(field.key)) first.set(field.key, field);
  const kept: [string, string][] = [];
  let length = 0;
  for (const { name, value } of first.values()) {
    const shown = value.slice(0, MAX_HEADER_LENGTH).toWellFormed();
    length += name.length + shown.length;
    if (kept.length === MAX_HEADERS || length > MAX_HEADERS_LENGTH) break;
    kept.push([name, shown]);
  }
  // From entries: an assignment would lose a header called __proto__.
  return Object.fromEntries(kept);
}

function attachmentOf(part: Part): ParsedAttachment {
  const { type, disposition, related } = part;
  const contentId = fieldValue(part.fields, "content-id").replace(/^</, "").replace(/>$/, "");
  const isInline =
    disposition.value === "inline" || (related && contentId !== "" && disposition.value !== "attachment");
  return {
    filename: fileName(disposition.parameters.get("filename") ?? type.parameters.get("name") ?? ""),
    contentType: type.value,
    disposition: isInline ? "inline" : "attachment",
    contentId: contentId === "" ? null : contentId.slice(0, MAX_HEADER_LENGTH).toWellFormed(),
    content: contentOf(part),
  };
}
