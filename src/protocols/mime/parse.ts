/** Parses a mail. Never throws: malformed MIME, wrong charsets and hostile nesting still give a readable message. */
import { formatAddress, MAX_DISPLAY_NAME, type MailAddress, readAddressList } from "../address/index.ts";
import { type CharsetGuess, guessCharset } from "../charset/index.ts";
import { attachedMailName, isAttachedMail } from "./attached-mail.ts";
import { textsAndFiles } from "./body-parts.ts";
import { bodyTexts } from "./body-text.ts";
import { authorsFields } from "./content-hash.ts";
import { parseDate } from "./date.ts";
import { decodeWords } from "./encoded-word.ts";
import { fileName } from "./file-name.ts";
import { fieldValue, type HeaderField, oneLine } from "./header.ts";
import { parseMessageIds } from "./message-id.ts";
import { contentOf } from "./part-content.ts";
import { type Part, readMail } from "./parts.ts";
import { isMediaType, type StructuredField } from "./structured-field.ts";
import { parseThreadIndex, type ThreadIndex } from "./thread-index.ts";
import { isTnef, tnefFiles } from "./tnef.ts";

export interface ParsedAttachment {
  /** A name and no path, without control characters; of an attached mail without one, its subject. */
  readonly filename: string | null;
  /** type/subtype, lower-case; of an invitation with its charset and method, of others without parameters. */
  readonly contentType: string;
  readonly disposition: "inline" | "attachment";
  /** Without brackets. */
  readonly contentId: string | null;
  /** Byte for byte what was attached; may be a view of the mail. */
  readonly content: Uint8Array;
}

export interface ParsedMail {
  readonly messageId: string | null;
  /** The first id of In-Reply-To. */
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  /** Every id of In-Reply-To, then those of References, the nearest first: what may be the message it answers. */
  readonly ancestors: readonly string[];
  /** Outlook's conversation: what joins a thread when no ancestor is known. */
  readonly threadIndex: ThreadIndex | null;
  /** `Name <a@b>`, or the raw From field when it has no address; empty without one. */
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
  /** What `contentHash` takes of the header. */
  readonly authorsFields: readonly string[];
  /** Parts of the mail that could not be parsed as declared. */
  readonly problems: readonly string[];
}

/** Header fields kept, characters of each, and of all together: they are in every list, and the raw message has the rest. */
const MAX_HEADERS = 200;
const MAX_HEADER_LENGTH = 8192;
const MAX_HEADERS_LENGTH = 65_536;
/** Characters of a Content-ID: one line. */
const MAX_CONTENT_ID = 998;
/** Attachments stored separately; the raw message has them all. */
const MAX_ATTACHMENTS = 1000;
/** Addresses kept of one field, and characters parsed of it: the raw message has them all, and a list row must stay small. */
const MAX_ADDRESSES = 1000;
const MAX_ADDRESSES_LENGTH = 100_000;
/** Characters of one address, of which SMTP allows 254 (RFC 5321 section 4.5.3.1.3); a longer one is dropped. */
const MAX_ADDRESS = 320;
/** Characters of a sender without an address: one line. */
const MAX_SENDER = 998;
/** Ancestors kept of a References header. */
const MAX_REFERENCES = 100;
/** Messages that one answers at once (RFC 5322 section 3.6.4). */
const MAX_ANSWERED = 20;

const LF = 0x0a;
const CR = 0x0d;

export function parseMail(raw: Uint8Array): ParsedMail {
  const bytes = withLineFeeds(raw);
  const guess = once(() => guessCharset(bytes));
  const { fields, parts, cut } = readMail(bytes, guess);
  const { texts, files: attached } = textsAndFiles(parts);
  const { text, html } = bodyTexts(texts, guess);
  const files = attached.slice(0, MAX_ATTACHMENTS).flatMap((part) => attachmentsOf(part, guess));
  const attachments = files.slice(0, MAX_ATTACHMENTS);
  const subject = decodeLine(fieldValue(fields, "subject"), guess).replaceAll("\t", " ");
  const inReplyTo = idsOf(fields, "in-reply-to", guess).slice(0, MAX_ANSWERED);
  const references = idsOf(fields, "references", guess);
  return {
    messageId: idsOf(fields, "message-id", guess)[0] ?? null,
    inReplyTo: inReplyTo[0] ?? null,
    references,
    ancestors: [...new Set([...inReplyTo, ...references.toReversed()])],
    threadIndex: parseThreadIndex(fieldValue(fields, "thread-index")),
    fromText: fromText(fields, guess),
    replyTo: addressesOf(fields, "reply-to", guess),
    to: addressesOf(fields, "to", guess),
    cc: addressesOf(fields, "cc", guess),
    subject: subject === "" ? null : subject,
    date: parseDate(fieldValue(fields, "date")),
    text: text === "" ? null : text,
    html: html === "" ? null : html,
    headers: headerRecord(fields),
    attachments,
    authorsFields: authorsFields(fields),
    problems: [
      ...(cut ? ["more parts than are read"] : []),
      ...(Math.max(attached.length, files.length) > MAX_ATTACHMENTS
        ? [`more than ${MAX_ATTACHMENTS} attachments`]
        : []),
    ],
  };
}

/** It looks at the bytes of the whole mail, and few mails ask. */
function once(guess: CharsetGuess): CharsetGuess {
  let guessed: string | null = null;
  return () => {
    guessed ??= guess();
    return guessed;
  };
}

/** A mail whose only line ends are carriage returns would be one long header. */
function withLineFeeds(raw: Uint8Array): Buffer {
  const bytes = asBytes(raw);
  const first = bytes.indexOf(LF);
  if (first !== -1 && first < bytes.length - 2) return bytes;
  return Buffer.from(bytes.map((byte) => (byte === CR ? LF : byte)));
}

/** Decoded first: some programs fold a long id as they fold a subject, into encoded words. */
const idsOf = (fields: readonly HeaderField[], key: string, guess: CharsetGuess): string[] =>
  parseMessageIds(decodeWords(fieldValue(fields, key), guess), MAX_REFERENCES);

/** All addresses of a field, also when it is repeated. */
function addressesOf(fields: readonly HeaderField[], key: string, guess: CharsetGuess): MailAddress[] {
  const list = fields
    .filter((field) => field.key === key)
    .map(({ value }) => value)
    .join(", ");
  const cut = list.slice(0, MAX_ADDRESSES_LENGTH);
  // After the last comma of a truncated list there is a partial address.
  const whole = cut.length < list.length ? cut.slice(0, cut.lastIndexOf(",") + 1 || cut.length) : list;
  return readAddressList(whole, (text) => decodeWords(text, guess), MAX_ADDRESSES)
    .map(({ name, address }) => ({ name: oneLine(name ?? ""), address: oneLine(address) }))
    .filter(({ address }) => address !== "" && address.length <= MAX_ADDRESS)
    .map(({ name, address }) => ({ name: name === "" ? null : shortName(name), address }));
}

/** Truncated so that every sender can be replied to: a send refuses an address with a longer display name. */
const shortName = (name: string): string => name.slice(0, MAX_DISPLAY_NAME).toWellFormed().trimEnd();

function fromText(fields: readonly HeaderField[], guess: CharsetGuess): string {
  const [first] = addressesOf(fields, "from", guess);
  if (first !== undefined) return formatAddress(first);
  return decodeLine(fieldValue(fields, "from").slice(0, MAX_SENDER), guess);
}

const decodeLine = (value: string, guess: CharsetGuess): string =>
  oneLine(decodeWords(value.slice(0, MAX_HEADER_LENGTH), guess));

function headerRecord(fields: readonly HeaderField[]): Record<string, string> {
  const first = new Map<string, HeaderField>();
  for (const field of fields) if (!first.has(field.key)) first.set(field.key, field);
  let length = 0;
  const kept = [...first.values()]
    .slice(0, MAX_HEADERS)
    .map(({ name, value }) => [name, value.slice(0, MAX_HEADER_LENGTH).toWellFormed()] as const)
    .filter(([name, value]) => {
      length += name.length + value.length;
      return length <= MAX_HEADERS_LENGTH;
    });
  // From entries: an assignment would lose a header called __proto__.
  return Object.fromEntries(kept);
}

/** The attachment, and behind a winmail.dat the files in it. */
function attachmentsOf(part: Part, guess: CharsetGuess): ParsedAttachment[] {
  const attachment = attachmentOf(part, guess);
  const isNamedTnef =
    /^application\/(?:vnd\.)?ms-tnef$/.test(attachment.contentType) ||
    /^winmail\.dat$/i.test(attachment.filename ?? "");
  const content = asBytes(attachment.content);
  if (!isNamedTnef || !isTnef(content)) return [attachment];
  const files = tnefFiles(content, guess).map(
    (file): ParsedAttachment => ({
      filename: fileName(file.name),
      contentType: isMediaType(file.type) ? file.type.toLowerCase() : "application/octet-stream",
      disposition: "attachment",
      contentId: shortContentId(file.contentId),
      content: file.content,
    }),
  );
  return [attachment, ...files];
}

const shortContentId = (id: string): string | null =>
  id === "" ? null : id.slice(0, MAX_CONTENT_ID).toWellFormed();

const asBytes = (view: Uint8Array): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

function attachmentOf(part: Part, guess: CharsetGuess): ParsedAttachment {
  const { type, disposition, related } = part;
  const contentId = fieldValue(part.fields, "content-id").replace(/^</, "").replace(/>$/, "");
  const isInline =
    disposition.value === "inline" || (related && contentId !== "" && disposition.value !== "attachment");
  const content = contentOf(part);
  const named = fileName(disposition.parameters.get("filename") ?? type.parameters.get("name") ?? "");
  const isNamelessMail = named === null && isAttachedMail(type.value);
  return {
    filename: isNamelessMail ? fileName(attachedMailName(content, guess)) : named,
    contentType: fullType(type),
    disposition: isInline ? "inline" : "attachment",
    contentId: shortContentId(contentId),
    content,
  };
}

/** A calendar that is sent on without its method is no invitation any more (RFC 6047 section 2.4). */
function fullType({ value, parameters }: StructuredField): string {
  if (value !== "text/calendar") return value;
  const kept = ["charset", "method"].flatMap((name) => {
    const text = parameters.get(name) ?? "";
    return /^[\w.:+-]{1,40}$/.test(text) ? [`; ${name}=${text}`] : [];
  });
  return value + kept.join("");
}
