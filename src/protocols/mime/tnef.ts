/**
 * Files inside a winmail.dat, in which Outlook and Exchange pack attachments for each other ([MS-OXTNEF]). One pass over
 * attributes and properties, each with its length in front; what does not fit ends it, and what was found until then is kept.
 */
import { type CharsetGuess, decodeText } from "../charset/index.ts";
import { oneLine } from "./header.ts";

export interface TnefFile {
  /** As written: it may be a path. Empty when it has none. */
  readonly name: string;
  /** Media type that the sender's program named; empty without. */
  readonly type: string;
  /** Without brackets; empty without. */
  readonly contentId: string;
  /** A view of the bytes that were read. */
  readonly content: Buffer;
}

const SIGNATURE = 0x223e9f78;
/** Octets of the signature and a key; of an attribute's level, id and length; of its checksum. */
const HEADER_BYTES = 6;
const ATTRIBUTE_BYTES = 9;
const CHECKSUM_BYTES = 2;
const FILE_LEVEL = 2;
/** Attributes, by the lower half of their id ([MS-OXTNEF] section 2.1.3.2): a new file, its name, content, properties; the charset of names. */
const [REND_DATA, TITLE, DATA, ATTACHMENT, CODE_PAGE] = [0x9002, 0x8010, 0x800f, 0x9005, 0x9007];

/** Properties of a file ([MS-OXPROPS]). */
const [DATA_OBJECT, SHORT_NAME, LONG_NAME, MIME_TAG, CONTENT_ID] = [0x3701, 0x3704, 0x3707, 0x370e, 0x3712];
/** Types of properties ([MS-OXCDATA] section 2.11.1), with their octets, padded to four; and those that have a length. */
const FIXED_BYTES: Readonly<Record<number, number>> = {
  2: 4,
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 8,
  10: 4,
  11: 4,
  20: 8,
  64: 8,
  72: 16,
};
const [OBJECT, TEXT, UTF16, BINARY] = [0x0d, 0x1e, 0x1f, 0x102];
const SEVERAL = 0x1000;
/** Ids from here on have a name: a GUID, a kind, and a number or a text. */
const FIRST_NAMED = 0x8000;
/** Octets of the interface id in front of an object, and that of a message, which is a TNEF of its own. */
const INTERFACE_BYTES = 16;
const MESSAGE = Buffer.from("0703020000000000c000000000000046", "hex");

/** True for what begins like a winmail.dat, whatever it is called. */
export const isTnef = (content: Buffer): boolean =>
  content.length >= HEADER_BYTES && content.readUInt32LE(0) === SIGNATURE;

interface Draft {
  title: string;
  content: Buffer | null;
  /** An attached message; `content` then only says that it is one. */
  message: Buffer | null;
  readonly properties: Map<number, string>;
}

/** Never throws, and takes time linear in the size. @param guess of the charset of names when the file names none */
export function tnefFiles(content: Buffer, guess: CharsetGuess): TnefFile[] {
  const drafts: Draft[] = [];
  let charset = "";
  for (const { level, id, data } of attributes(content)) {
    if (id === CODE_PAGE && data.length >= 4) charset = charsetOf(data.readUInt32LE(0));
    const last = drafts.at(-1);
    if (level !== FILE_LEVEL) continue;
    if (id === REND_DATA || last === undefined)
      drafts.push({ title: "", content: null, message: null, properties: new Map() });
    const draft = drafts.at(-1);
    if (draft === undefined) continue;
    if (id === TITLE) draft.title = textOf(data, charset, guess);
    else if (id === DATA) draft.content = data;
    else if (id === ATTACHMENT) readProperties(draft, data, (bytes) => textOf(bytes, charset, guess));
  }
  return drafts.flatMap(fileOf);
}

/** Nothing of one without content. A message in it is not opened: it may hold others, without end. */
function fileOf({ title, content, message, properties }: Draft): TnefFile[] {
  const name = properties.get(LONG_NAME) || properties.get(SHORT_NAME) || title;
  if (message !== null)
    return [
      { name: `${name || "message"}.tnef`, type: "application/ms-tnef", contentId: "", content: message },
    ];
  if (content === null) return [];
  const type = properties.get(MIME_TAG) ?? "";
  return [{ name, type, contentId: properties.get(CONTENT_ID) ?? "", content }];
}

function* attributes(content: Buffer): Generator<{ level: number; id: number; data: Buffer }> {
  let at = HEADER_BYTES;
  while (at + ATTRIBUTE_BYTES <= content.length) {
    const start = at + ATTRIBUTE_BYTES;
    const end = start + content.readUInt32LE(at + 5);
    if (end > content.length) return;
    yield {
      level: content.readUInt8(at),
      id: content.readUInt16LE(at + 1),
      data: content.subarray(start, end),
    };
    at = end + CHECKSUM_BYTES;
  }
}

/** Reads what is known of a file from its properties, up to one that cannot be read. */
function readProperties(draft: Draft, data: Buffer, text: (bytes: Buffer) => string): void {
  for (const { id, type, value } of properties(data)) {
    if (id === DATA_OBJECT && type === OBJECT && value.subarray(0, INTERFACE_BYTES).equals(MESSAGE))
      draft.message = value.subarray(INTERFACE_BYTES);
    else if (id === DATA_OBJECT) draft.content ??= type === OBJECT ? value.subarray(INTERFACE_BYTES) : value;
    else if (type === TEXT) draft.properties.set(id, text(value));
    else if (type === UTF16) draft.properties.set(id, cleaned(value.toString("utf16le")));
  }
}

/** The first value of each property that has a length. */
function* properties(data: Buffer): Generator<{ id: number; type: number; value: Buffer }> {
  const number = (at: number): number => (at + 4 <= data.length ? data.readUInt32LE(at) : Number.NaN);
  const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4;
  // Behind the number of properties, of which the length of the data is the bound.
  let at = 4;
  while (at + 4 <= data.length) {
    const type = data.readUInt16LE(at) & ~SEVERAL;
    const several = (data.readUInt16LE(at) & SEVERAL) !== 0;
    const id = data.readUInt16LE(at + 2);
    at += 4;
    if (id >= FIRST_NAMED) at += number(at + 16) === 0 ? 24 : 24 + padded(number(at + 20));
    const fixed = FIXED_BYTES[type];
    const hasLength = [OBJECT, TEXT, UTF16, BINARY].includes(type);
    if (fixed === undefined && !hasLength) return;
    const count = several || hasLength ? number(at) : 1;
    if (several || hasLength) at += 4;
    if (fixed !== undefined) at += several && fixed === 4 && type !== 3 ? padded(2 * count) : fixed * count;
    else
      for (let index = 0; index < count; index++) {
        const start = at + 4;
        const end = start + number(at);
        if (!(end <= data.length)) return;
        if (index === 0) yield { id, type, value: data.subarray(start, end) };
        at = start + padded(end - start);
      }
    if (!(at <= data.length)) return;
  }
}

const charsetOf = (codePage: number): string => (codePage === 65_001 ? "utf-8" : `windows-${codePage}`);

const cleaned = (text: string): string => oneLine(text.split("\0")[0] ?? "");

const textOf = (bytes: Buffer, charset: string, guess: CharsetGuess): string =>
  cleaned(decodeText(bytes, charset, guess));
