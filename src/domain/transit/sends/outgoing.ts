/** What callers give to send, and the checks it must pass before anything is written. */
import {
  formatAddress,
  isHeaderSafe,
  type MailAddress,
  parseAddress,
} from "../../../protocols/address/index.ts";
import { PROTECTED_HEADERS } from "../../../protocols/mime/index.ts";
import { invalid } from "../../door/failures.ts";
import type { Share } from "../../door/operation.ts";
import { field, type Path, says } from "../../door/text.ts";
import { MAX_ATTACHMENTS } from "../../limits.ts";
import { checkNewLabels } from "../../mail/labels/index.ts";
import {
  MAX_ATTACHMENT_URLS,
  MAX_CUSTOM_HEADERS,
  MAX_HEADER_VALUE_LENGTH,
  MAX_HEADER_WORD_LENGTH,
  MAX_RECIPIENTS,
} from "./limits.ts";

export interface OutgoingAttachment {
  readonly filename?: string;
  readonly contentType?: string;
  readonly contentDisposition?: "inline" | "attachment";
  readonly contentId?: string;
  /** Base64 (RFC 4648), standard or URL-safe alphabet, line breaks tolerated. */
  readonly content?: string;
  /** Where the bytes are, when they are not in `content`. */
  readonly url?: string;
}

export interface Outgoing {
  /** The inbox's address when absent; or an alias of it, with or without a display name. */
  readonly from?: string;
  readonly to?: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly replyTo?: readonly string[];
  readonly subject?: string;
  readonly text?: string;
  readonly html?: string;
  readonly labels?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly attachments?: readonly OutgoingAttachment[];
  readonly idempotencyKey: string | null;
}

interface AttachmentHeaders {
  readonly filename: string | null;
  readonly contentType: string | null;
  readonly disposition: "inline" | "attachment";
  readonly contentId: string | null;
}

export interface CheckedAttachment extends AttachmentHeaders {
  readonly content: Buffer;
}

/** One whose bytes are still at its URL. */
export interface RemoteAttachment extends AttachmentHeaders {
  readonly url: string;
}

/** The same, parsed and within bounds. */
export interface CheckedOutgoing {
  /** Null: the inbox itself. */
  readonly from: MailAddress | null;
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly bcc: readonly MailAddress[];
  readonly replyTo: readonly MailAddress[];
  readonly subject: string | null;
  readonly text: string | null;
  readonly html: string | null;
  readonly labels: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly (CheckedAttachment | RemoteAttachment)[];
}

/** With the bytes of everything. */
export interface WholeOutgoing extends CheckedOutgoing {
  readonly attachments: readonly CheckedAttachment[];
}

/**
 * @throws Failure input.invalid naming the field: an address that is none or hides a line break, more than 50
 * recipients, a subject or header that would forge another, an attachment that is not base64, a system label.
 */
export function checkOutgoing(outgoing: Omit<Outgoing, "idempotencyKey">): CheckedOutgoing {
  const from = outgoing.from === undefined ? null : address(["from"], outgoing.from);
  const checked = {
    from,
    to: addresses(["to"], outgoing.to),
    cc: addresses(["cc"], outgoing.cc),
    bcc: addresses(["bcc"], outgoing.bcc),
    replyTo: addresses(["replyTo"], outgoing.replyTo),
    subject: checkSubject(outgoing.subject),
    text: outgoing.text ?? null,
    html: outgoing.html ?? null,
    labels: checkNewLabels(["labels"], outgoing.labels ?? []),
    headers: checkHeaders(outgoing.headers ?? {}),
    attachments: (outgoing.attachments ?? []).map(checkAttachment),
  };
  if (checked.attachments.length > MAX_ATTACHMENTS)
    throw invalid(["attachments"], `A message may have ${MAX_ATTACHMENTS} attachments at most`);
  if (checked.attachments.filter((attachment) => "url" in attachment).length > MAX_ATTACHMENT_URLS)
    throw invalid(
      ["attachments"],
      `A message may have ${MAX_ATTACHMENT_URLS} attachments by URL at most`,
      "Send the bytes of the others as base64 in content.",
    );
  boundRecipients(checked);
  if (checked.replyTo.length > MAX_RECIPIENTS)
    throw invalid(["replyTo"], `A message may have ${MAX_RECIPIENTS} Reply-To addresses at most`);
  return checked;
}

type Recipients = Readonly<Record<"to" | "cc" | "bcc", readonly unknown[]>>;

const countOf = ({ to, cc, bcc }: Recipients): number => to.length + cc.length + bcc.length;

/** @throws Failure input.invalid when they are more than one message may have */
export function boundRecipients(outgoing: Recipients): void {
  if (countOf(outgoing) > MAX_RECIPIENTS)
    throw invalid(
      [],
      says`A message may have ${MAX_RECIPIENTS} recipients at most over ${field("to")}, ${field("cc")} and ${field("bcc")}`,
      "Send several messages, each to some of them.",
    );
}

/** What a send adds to a transaction that it shares: a reply may find its recipients for itself. */
export function shareOf({ to = [], cc = [], bcc = [], text, html, attachments = [] }: Outgoing): Share {
  const files = attachments.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
  return {
    rows: Math.max(1, to.length + cc.length + bcc.length),
    bytes: (text?.length ?? 0) + (html?.length ?? 0) + files,
  };
}

/** At least one recipient, and not too many: those that a reply finds for itself count like any (contract 9.1). */
export function requireRecipients(outgoing: Recipients): void {
  if (countOf(outgoing) === 0)
    throw invalid([], says`${field("to")}, ${field("cc")}, or ${field("bcc")} must be specified`);
  boundRecipients(outgoing);
}

const addresses = (at: Path, given: readonly string[] | undefined): MailAddress[] =>
  (given ?? []).map((text, index) => address([...at, index], text));

function address(at: Path, text: string): MailAddress {
  const parsed = text.length > MAX_HEADER_VALUE_LENGTH ? null : parseAddress(text);
  if (parsed !== null) return parsed;
  throw invalid(
    at,
    "Invalid email address",
    `Write user@host or Display Name <user@host>, without line breaks, in ${MAX_HEADER_VALUE_LENGTH} characters.`,
  );
}

function checkSubject(subject: string | undefined): string | null {
  if (subject === undefined) return null;
  if (!isHeaderSafe(subject))
    throw invalid(["subject"], says`${field("subject")} may not contain line breaks or control characters`);
  if (subject.length > MAX_HEADER_VALUE_LENGTH)
    throw invalid(
      ["subject"],
      says`${field("subject")} may have ${MAX_HEADER_VALUE_LENGTH} characters at most`,
    );
  const trimmed = subject.trimEnd();
  return trimmed === "" ? null : trimmed;
}

function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers);
  if (entries.length > MAX_CUSTOM_HEADERS)
    throw invalid(["headers"], `A message may have ${MAX_CUSTOM_HEADERS} extra headers at most`);
  for (const [name, value] of entries) {
    if (!/^[!-9;-~]{1,76}$/.test(name))
      throw invalid(["headers", { key: name }], "Invalid header name", "Use visible ASCII without a colon.");
    if (PROTECTED_HEADERS.has(name.toLowerCase()))
      throw invalid(
        ["headers", { key: name }],
        `${name} is set by the server`,
        "Use the request's own field for it.",
      );
    if (!isHeaderSafe(value) || value.length > MAX_HEADER_VALUE_LENGTH)
      throw invalid(
        ["headers", { key: name }],
        `A header value may have ${MAX_HEADER_VALUE_LENGTH} characters and no line breaks`,
      );
    if (value.split(/[ \t]/).some((word) => word.length > MAX_HEADER_WORD_LENGTH))
      throw invalid(
        ["headers", { key: name }],
        `A header value may have ${MAX_HEADER_WORD_LENGTH} characters without a space`,
      );
  }
  return headers;
}

/** A multipart has parts of its own with a boundary between them, which a file's bytes are not. */
const mediaTypePattern = /^(?!multipart\/)[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;.*)?$/i;

function checkAttachment(
  attachment: OutgoingAttachment,
  index: number,
): CheckedAttachment | RemoteAttachment {
  const { filename, contentType, contentId, content, url } = attachment;
  for (const [name, value] of Object.entries({ filename, contentType, contentId }))
    if (value !== undefined && (!isHeaderSafe(value) || value.length > MAX_HEADER_VALUE_LENGTH))
      throw invalid(
        ["attachments", index, name],
        says`${field(name)} may have ${MAX_HEADER_VALUE_LENGTH} characters at most, and no line breaks or control characters`,
      );
  if (contentType !== undefined && !mediaTypePattern.test(contentType))
    throw invalid(
      ["attachments", index, "contentType"],
      "Invalid media type",
      "Write it as type/subtype, and not as multipart.",
    );
  const headers = {
    filename: filename ?? null,
    contentType: contentType ?? null,
    disposition: attachment.contentDisposition ?? "attachment",
    contentId: contentId?.replace(/^<|>$/g, "") ?? null,
  };
  if (content !== undefined && url === undefined)
    return { ...headers, content: decodeBase64(content, index) };
  if (url !== undefined && content === undefined) return { ...headers, url };
  throw invalid(
    ["attachments", index],
    says`Exactly one of ${field("content")} and ${field("url")} must be given`,
  );
}

function decodeBase64(content: string, index: number): Buffer {
  // Reads both alphabets, over line breaks, and over whatever else is no digit.
  const decoded = Buffer.from(content, "base64");
  if (!areDigits(content, decoded.length) && !isBase64(content))
    throw invalid(
      ["attachments", index, "content"],
      says`${field("content")} must be base64`,
      "Encode the file's bytes as base64 (RFC 4648).",
    );
  return decoded;
}

/** Whether all of it was read, as of most files: a look at each of twelve million characters takes longer than decoding them. */
function areDigits(content: string, decodedBytes: number): boolean {
  const digits = content.length - (content.endsWith("==") ? 2 : content.endsWith("=") ? 1 : 0);
  return (
    digits % 4 !== 1 &&
    decodedBytes === Math.floor((digits * 3) / 4) &&
    // ASCII: of other characters the decoder looks at one byte.
    Buffer.byteLength(content) === content.length
  );
}

const alphabet = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
  alphabet[character.charCodeAt(0)] = 1;

const [LF, CR, EQUALS] = [0x0a, 0x0d, 0x3d];

/** One look at each character: patterns for the same took seconds for some texts of this size, or never ended. */
function isBase64(content: string): boolean {
  let digits = 0;
  let padding = 0;
  for (let at = 0; at < content.length; at++) {
    const code = content.charCodeAt(at);
    if (code === LF || code === CR) continue;
    if (code === EQUALS) padding++;
    else if (padding === 0 && alphabet[code] === 1) digits++;
    else return false;
  }
  return padding <= 2 && digits % 4 !== 1;
}

/** Addresses as lists and events show them. */
export const displayAll = (list: readonly MailAddress[]): string[] => list.map(formatAddress);
