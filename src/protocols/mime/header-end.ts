/** Where a header ends that no empty line ends (RFC 5322 section 2.1): on its way a mail may lose that line, or get blanks in it. */
import { isContinuation, isHeadless, readFields } from "./header.ts";

/** Where the fields end, and where the body begins. */
export interface HeaderEnd {
  readonly headerEnd: number;
  readonly bodyStart: number;
}

/** Lines behind a doubtful one among which a field shows that the header went on. Longer stretches are text. */
const MAX_DOUBTFUL_LINES = 20;
/** Octets of a line that are looked at. */
const MAX_LINE = 1000;

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const COLON = 0x3a;
const EQUALS = 0x3d;
const SLASH = 0x2f;

/** Fields of mail and of nothing else. A body has labels, too: `Phone: 555`. */
const known =
  /^(x|list|content|resent|arc|dkim|domainkey|thread|authentication|auto|original|disposition)-[\w-]+$|^(from|to|cc|bcc|subject|date|sender|received|references|priority|precedence|importance|sensitivity|organization|keywords|comments|return-path|delivered-to|mime-version|message-id|in-reply-to|reply-to|errors-to|user-agent|feedback-id|envelope-to|received-spf|return-receipt-to)$/;
/** Those a mail may have several times (RFC 5322 section 3.6): the others, seen again, are a mail quoted in the text. */
const repeated = /^(x|list|resent|arc|dkim)-|^(received|comments|keywords|delivered-to)$/;

/** Looks at the lines of one header in their order. */
export class HeaderEndSearch {
  readonly #raw: Buffer;
  #doubt: { readonly end: HeaderEnd; readonly isBlanks: boolean } | null = null;
  #hasText = false;
  /** A doubtful line may be a delimiter. */
  #hasDashes = false;
  #lineCount = 0;
  #lineBefore: number;
  /** Names of the fields up to a place, read only when a doubt asks for them. */
  readonly #seen = new Set<string>();
  #seenUpTo: number;

  constructor(raw: Buffer, start: number) {
    this.#raw = raw;
    this.#lineBefore = start;
    this.#seenUpTo = start;
  }

  /** Of the line that begins there, which is not empty. Gives the end once it is certain. */
  look(at: number, next: number): HeaderEnd | null {
    const first = this.#raw[at];
    if (first === SPACE || first === TAB) {
      if (this.#doubt === null && this.#isBlanks(at, next))
        this.#doubt = { end: { headerEnd: at, bodyStart: next }, isBlanks: true };
    } else if (this.#doubt !== null || !this.#isField(at, next)) this.#lookCloser(at, next);
    this.#lineBefore = at;
    return this.#lineCount > MAX_DOUBTFUL_LINES ? (this.#doubt?.end ?? null) : null;
  }

  /** At an empty line, which ends the header unless a line before it did. */
  atEmptyLine(): HeaderEnd | null {
    return this.#doubt !== null && (this.#hasText || !this.#doubt.isBlanks) ? this.#doubt.end : null;
  }

  /** At the end of the part, which has no empty line. */
  atEnd(): HeaderEnd | null {
    return this.#doubt?.end ?? null;
  }

  #lookCloser(at: number, next: number): void {
    const line = this.#lineText(at, next);
    if (isHeadless(line)) {
      if (
        this.#doubt === null &&
        isContinuation(line, this.#lineText(this.#lineBefore, at).replace(/\r?\n$/, ""))
      )
        return;
      this.#doubt ??= { end: { headerEnd: at, bodyStart: at }, isBlanks: false };
      this.#hasDashes ||= line.startsWith("--");
    } else if (this.#doubt === null || this.#isCredible(line, this.#doubt.end.headerEnd)) {
      this.#doubt = null;
      this.#hasText = false;
      this.#hasDashes = false;
      this.#lineCount = 0;
      return;
    }
    this.#hasText = true;
    this.#lineCount++;
  }

  /** True for a field that can continue the header above the doubtful line. */
  #isCredible(line: string, headerEnd: number): boolean {
    const name = line.slice(0, line.indexOf(":")).trim().toLowerCase();
    if (/^>?from /i.test(line)) return true;
    if (!known.test(name)) return false;
    // The header of a multipart's first part would become the mail's.
    if (this.#hasDashes && name.startsWith("content-")) return false;
    if (repeated.test(name)) return true;
    for (const { key } of readFields(this.#raw.subarray(this.#seenUpTo, headerEnd))) this.#seen.add(key);
    this.#seenUpTo = headerEnd;
    return !this.#seen.has(name);
  }

  #lineText(at: number, next: number): string {
    return this.#raw.toString("latin1", at, Math.min(next, at + MAX_LINE));
  }

  #isBlanks(at: number, next: number): boolean {
    for (let index = at; index < next; index++) {
      const byte = this.#raw[index];
      if (byte !== SPACE && byte !== TAB && byte !== CR && byte !== LF) return false;
    }
    return true;
  }

  /** The cheap look at what most lines are: a name of visible ASCII up to a colon. */
  #isField(at: number, next: number): boolean {
    for (let index = at; index < next; index++) {
      const byte = this.#raw[index] ?? 0;
      if (byte === COLON) return index > at && this.#raw[index + 1] !== SLASH;
      if (byte <= SPACE || byte > 0x7e || byte === EQUALS) return false;
    }
    return false;
  }
}

/** True for a line, ending before `end`, that holds nothing: the one between header and body. */
export function isBlankLine(raw: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (raw[at] !== CR && raw[at] !== LF) return false;
  return true;
}
