/**
 * Splits a mail into its body parts (RFC 2046 section 5.1), as views of its bytes. One pass, without recursion and without
 * an object per line, so that the cost is linear whatever the nesting and the line ends.
 */
import type { CharsetGuess } from "../charset/index.ts";
import { findBoundary } from "./boundary.ts";
import { fieldValue, type HeaderField, isHeadless, readFields } from "./header.ts";
import { type HeaderEnd, HeaderEndSearch, isBlankLine } from "./header-end.ts";
import { isMediaType, readStructured, type StructuredField } from "./structured-field.ts";

/** A leaf: a part with content and no parts in it. */
export interface Part {
  readonly fields: readonly HeaderField[];
  readonly type: StructuredField;
  readonly disposition: StructuredField;
  /** Still in its transfer encoding. */
  readonly body: Buffer;
  /** Parts of the same number are versions of one text (multipart/alternative). */
  readonly group: number;
  /** A part of a multipart/mixed or similar: neither the whole mail nor an alternative of its text. */
  readonly isBeside: boolean;
  /** Inside multipart/related: belongs to the HTML next to it. */
  readonly related: boolean;
}

export interface Mail {
  readonly fields: readonly HeaderField[];
  readonly parts: readonly Part[];
  /** True when the mail has more parts than are parsed. */
  readonly cut: boolean;
}

/** Parts parsed, multiparts included. The raw message has the rest. */
const MAX_PARTS = 10_000;
/** Octets of a boundary; RFC 2046 section 5.1.1 allows 70. */
const MAX_BOUNDARY = 998;
/** Multiparts whose boundary is looked for, because theirs is missing or none of their lines. */
const MAX_REPAIRS = 20;
/** Octets scanned to see whether a header begins: the longest field name. */
const MAX_FIELD_NAME = 1000;

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
const DASHED_LINE = Buffer.from("\n--");

/** A multipart whose closing delimiter has not been seen. */
interface OpenMultipart {
  readonly boundary: string;
  readonly subtype: string;
  readonly group: number | null;
  readonly related: boolean;
  readonly outer: OpenMultipart | null;
  /** One further out with the same boundary, which cannot be seen from here. */
  readonly shadowed: OpenMultipart | undefined;
}

/** A line that ends one part, and begins the next or ends its multipart. */
interface Delimiter {
  readonly start: number;
  readonly end: number;
  readonly multipart: OpenMultipart;
  readonly closing: boolean;
}

/**
 * Never throws, whatever the bytes.
 * @param guess of the charset of raw bytes in headers
 */
export function readMail(raw: Buffer, guess?: CharsetGuess): Mail {
  const walk = new Walk(raw, guess);
  const fields = walk.readPart(0);
  while (walk.nextPart !== null && walk.count < MAX_PARTS) walk.readPart(walk.nextPart);
  return { fields, parts: walk.parts, cut: walk.nextPart !== null };
}

class Walk {
  readonly parts: Part[] = [];
  /** Where the next part begins; null at the end. */
  nextPart: number | null = null;
  count = 0;
  readonly #raw: Buffer;
  readonly #guess: CharsetGuess | undefined;
  #repairs = 0;
  readonly #open = new Map<string, OpenMultipart>();
  #inner: OpenMultipart | null = null;

  constructor(raw: Buffer, guess: CharsetGuess | undefined) {
    this.#raw = raw;
    this.#guess = guess;
  }

  /** Reads the part that begins there and gives its header's fields. */
  readPart(start: number): readonly HeaderField[] {
    this.count++;
    const parent = this.#inner;
    const { headerEnd, bodyStart } = this.#findBody(start);
    const fields = readFields(this.#raw.subarray(start, headerEnd), this.#guess);
    const type = typeOf(fields, parent, this.#guess);
    const { multipart, delimiter } = this.#findFirst(type, bodyStart);
    const empty = start >= this.#raw.length && parent !== null;
    // A multipart without parts is parsed as text.
    if (!empty && (multipart === null || delimiter?.multipart !== multipart || delimiter.closing))
      this.parts.push({
        fields,
        type: isMultipart(type) ? plainText : type,
        disposition: readStructured(fieldValue(fields, "content-disposition"), this.#guess),
        body: this.#raw.subarray(bodyStart, this.#contentEnd(bodyStart, delimiter)),
        group: parent?.group ?? -this.count,
        isBeside: parent !== null && parent.group === null,
        related: parent?.related ?? false,
      });
    this.#follow(delimiter);
    return fields;
  }

  /** Opens the multipart, if the type is one, and finds the delimiter before its first part, or the one that ends the part. */
  #findFirst(
    type: StructuredField,
    bodyStart: number,
  ): { readonly multipart: OpenMultipart | null; readonly delimiter: Delimiter | null } {
    const named = this.#enter(type, type.parameters.get("boundary") ?? "");
    const delimiter = this.#findDelimiter(bodyStart);
    const isFound = named !== null && delimiter?.multipart === named;
    if (isFound || !isMultipart(type) || this.#repairs === MAX_REPAIRS)
      return { multipart: named, delimiter };
    this.#repairs++;
    const boundary = findBoundary(this.#raw, bodyStart, delimiter?.start ?? this.#raw.length);
    if (boundary === null) return { multipart: named, delimiter };
    if (named !== null) this.#leave(named);
    const multipart = this.#enter(type, boundary);
    return { multipart, delimiter: this.#findDelimiter(bodyStart) };
  }

  /** Where the header of a part ends and its body begins. A delimiter ends both. */
  #findBody(start: number): HeaderEnd {
    const first = this.#raw.toString("latin1", start, Math.min(this.#lineEnd(start), start + MAX_FIELD_NAME));
    if (first.trim() !== "" && isHeadless(first)) return { headerEnd: start, bodyStart: start };
    const search = new HeaderEndSearch(this.#raw, start);
    let at = start;
    while (at < this.#raw.length) {
      const next = this.#lineEnd(at);
      if (isBlankLine(this.#raw, at, next)) return search.atEmptyLine() ?? { headerEnd: at, bodyStart: next };
      if (this.#delimiterAt(at) !== null) break;
      const end = search.look(at, next);
      if (end !== null) return end;
      at = next;
    }
    return search.atEnd() ?? { headerEnd: at, bodyStart: at };
  }

  #lineEnd(at: number): number {
    const lf = this.#raw.indexOf(LF, at);
    return lf === -1 ? this.#raw.length : lf + 1;
  }

  /** Opens a multipart; null when the type is another, or the boundary is none. */
  #enter(type: StructuredField, written: string): OpenMultipart | null {
    const boundary = Buffer.from(written).toString("latin1").trimEnd();
    if (!isMultipart(type) || boundary === "" || boundary.length > MAX_BOUNDARY) return null;
    const outer = this.#inner;
    const subtype = type.value.slice("multipart/".length);
    this.#inner = {
      boundary,
      subtype,
      group: subtype === "alternative" ? this.count : (outer?.group ?? null),
      related: subtype === "related" || (outer?.related ?? false),
      outer,
      shadowed: this.#open.get(boundary),
    };
    this.#open.set(boundary, this.#inner);
    return this.#inner;
  }

  #leave(multipart: OpenMultipart): void {
    if (multipart.shadowed === undefined) this.#open.delete(multipart.boundary);
    else this.#open.set(multipart.boundary, multipart.shadowed);
    this.#inner = multipart.outer;
  }

  /** Goes to the part behind a delimiter, out of every multipart that ends with it. */
  #follow(found: Delimiter | null): void {
    let delimiter = found;
    while (delimiter !== null) {
      while (this.#inner !== null && this.#inner !== delimiter.multipart) this.#leave(this.#inner);
      if (!delimiter.closing) break;
      this.#leave(delimiter.multipart);
      delimiter = this.#findDelimiter(delimiter.end);
    }
    this.nextPart = delimiter?.end ?? null;
  }

  /** The first delimiter of an open multipart at or behind the start of a line. */
  #findDelimiter(lineStart: number): Delimiter | null {
    if (this.#open.size === 0) return null;
    let at = lineStart;
    while (at < this.#raw.length) {
      const delimiter = this.#delimiterAt(at);
      if (delimiter !== null) return delimiter;
      const dashes = this.#raw.indexOf(DASHED_LINE, at);
      if (dashes === -1) return null;
      at = dashes + 1;
    }
    return null;
  }

  #delimiterAt(start: number): Delimiter | null {
    if (this.#open.size === 0 || this.#raw[start] !== DASH || this.#raw[start + 1] !== DASH) return null;
    const end = this.#lineEnd(start);
    if (end - start > MAX_BOUNDARY + 80) return null;
    const line = this.#raw.toString("latin1", start + 2, end).trimEnd();
    const opening = this.#open.get(line);
    if (opening !== undefined) return { start, end, multipart: opening, closing: false };
    const closing = line.endsWith("--") ? this.#open.get(line.slice(0, -2)) : undefined;
    return closing === undefined ? null : { start, end, multipart: closing, closing: true };
  }

  /** The line end before a delimiter belongs to the delimiter. */
  #contentEnd(bodyStart: number, delimiter: Delimiter | null): number {
    if (delimiter === null) return this.#raw.length;
    let end = delimiter.start;
    if (end > bodyStart && this.#raw[end - 1] === LF) end--;
    if (end > bodyStart && this.#raw[end - 1] === CR) end--;
    return end;
  }
}

const plainText: StructuredField = { value: "text/plain", parameters: new Map() };

const isMultipart = (type: StructuredField): boolean => type.value.startsWith("multipart/");

/** Default media type of a part without a valid Content-Type (RFC 2045 section 5.2, RFC 2046 section 5.1.5). */
function typeOf(
  fields: readonly HeaderField[],
  parent: OpenMultipart | null,
  guess: CharsetGuess | undefined,
): StructuredField {
  const type = readStructured(fieldValue(fields, "content-type"), guess);
  if (isMediaType(type.value)) return type;
  return { ...type, value: parent?.subtype === "digest" ? "message/rfc822" : "text/plain" };
}
