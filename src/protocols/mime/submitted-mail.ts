/**
 * The header of a mail that a client submits (RFC 6409): read strictly, since what it says of its author is vouched for, and completed
 * without touching any byte of the client's but the fields that no recipient may see.
 */
import { type MailAddress, readAddressList } from "../address/index.ts";
import { decodeWords } from "./encoded-word.ts";
import { oneLine } from "./header.ts";

/** One field, with where its bytes are: from its name to behind its last CR LF. */
interface Field {
  /** Lower-case. */
  readonly key: string;
  /** Unfolded. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

export interface SubmittedHeader {
  readonly fields: readonly Field[];
  /** Addresses of From: one, or the mail is refused. */
  readonly from: MailAddress;
  /** Of Sender; null without it. */
  readonly sender: MailAddress | null;
  readonly hasMessageId: boolean;
  readonly hasDate: boolean;
}

/** Octets of a header: a hundred times an ordinary one. */
const MAX_HEADER_BYTES = 256 * 1024;

/** Fields that a mail has once (RFC 5322 section 3.6). Of two, one program shows the first and another the last. */
const ONCE: ReadonlySet<string> = new Set([
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "message-id",
  "in-reply-to",
  "references",
  "subject",
  "date",
]);

/**
 * Fields that name recipients whom the others must not learn of, and those that the server writes which delivers at last (RFC 5321 section
 * 4.4), or verifies (RFC 8601 section 5): in our name a client would vouch for itself.
 */
const REMOVED: ReadonlySet<string> = new Set(["bcc", "resent-bcc", "return-path", "authentication-results"]);

const fieldStart = /^([!-9;-~]{1,76})[ \t]*:/;

/**
 * @param raw whose lines all end in CR LF
 * @returns what is wrong with it, as a text, when it is no header that every program reads the same way
 */
export function readSubmittedHeader(raw: Buffer): SubmittedHeader | string {
  const end = raw.subarray(0, 2).toString("latin1") === "\r\n" ? 0 : raw.indexOf("\r\n\r\n");
  const length = end === -1 ? raw.length : end === 0 ? 0 : end + 2;
  if (length > MAX_HEADER_BYTES) return `the header has more than ${MAX_HEADER_BYTES} octets`;
  const fields = readFields(raw, length);
  if (typeof fields === "string") return fields;
  const twice = fields.find(
    ({ key }, index) => ONCE.has(key) && fields.findIndex((one) => one.key === key) < index,
  );
  if (twice !== undefined) return `the header has more than one field ${twice.key}`;
  const from = mailboxOf(fields, "from");
  const sender = mailboxOf(fields, "sender");
  if (from === null) return "the header has no field From";
  if (typeof from === "string") return from;
  if (typeof sender === "string") return sender;
  const has = (key: string): boolean => fields.some((field) => field.key === key && field.value !== "");
  return { fields, from, sender, hasMessageId: has("message-id"), hasDate: has("date") };
}

function readFields(raw: Buffer, length: number): Field[] | string {
  const fields: Field[] = [];
  for (let start = 0, next: number; start < length; start = next) {
    next = start;
    // With its continuation lines, which begin with white space.
    do {
      const lineEnd = raw.indexOf("\r\n", next);
      const line = raw.subarray(next, lineEnd === -1 ? length : lineEnd);
      if (next > start && line.every((octet) => octet === 0x20 || octet === 0x09))
        return "a line of the header is blank: some programs end the header there";
      next = lineEnd === -1 ? length : lineEnd + 2;
    } while (next < length && (raw[next] === 0x20 || raw[next] === 0x09));
    const text = raw.toString("utf8", start, next);
    const name = fieldStart.exec(text)?.[1];
    if (name === undefined) return "a line of the header is not a field";
    fields.push({
      key: name.toLowerCase(),
      value: oneLine(text.slice(text.indexOf(":") + 1)),
      start,
      end: next,
    });
  }
  return fields;
}

/** The one mailbox of a field; null without the field. Several authors would each be vouched for. */
function mailboxOf(fields: readonly Field[], key: "from" | "sender"): MailAddress | string | null {
  const field = fields.find((one) => one.key === key);
  if (field === undefined) return null;
  const [mailbox, ...others] = readAddressList(field.value, (text) => decodeWords(text), 2);
  if (mailbox === undefined || others.length > 0) return `the field ${key} must have exactly one address`;
  // Two angle brackets, of which each program believes another.
  const brackets = field.value.replaceAll(/"(?:[^"\\]|\\.)*"/g, "").match(/</g) ?? [];
  return brackets.length > 1 ? `the field ${key} must have exactly one address` : mailbox;
}

/** Fields that are written anew where they are there without a value. */
const COMPLETED: ReadonlySet<string> = new Set(["message-id", "date"]);

/**
 * The client's bytes without the fields that no recipient may see, and with those that every mail must have (RFC 6409 section 8).
 * @param missing whole lines with their CR LF, put behind the client's own
 */
export function completeSubmitted(raw: Buffer, { fields }: SubmittedHeader, missing: string): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { key, value, start, end } of fields) {
    if (!REMOVED.has(key) && !(COMPLETED.has(key) && value === "")) continue;
    pieces.push(raw.subarray(from, start));
    from = end;
  }
  const headerEnd = fields.at(-1)?.end ?? 0;
  const isEnded = headerEnd === 0 || raw[headerEnd - 1] === 0x0a;
  pieces.push(raw.subarray(from, headerEnd), Buffer.from(`${isEnded ? "" : "\r\n"}${missing}`, "utf8"));
  // A header that nothing follows is ended here.
  const body = headerEnd === raw.length ? Buffer.from("\r\n") : raw.subarray(headerEnd);
  return Buffer.concat([...pieces, body]);
}
