/**
 * Parses address lists of headers (RFC 5322 section 3.4 and its obsolete forms, RFC 6854 groups) leniently, so that every
 * sender can be answered: comments and source routes are dropped, quotes of the local part are kept.
 */
import type { MailAddress } from "./address.ts";

/** Decodes encoded words, which are in display names, and by mistake around whole addresses. */
export type WordDecoder = (text: string) => string;

/**
 * All mailboxes of a list, those of its groups among them. Looks at each character a bounded number of times.
 * @param limit mailboxes read; what is behind them is left
 */
export function readAddressList(text: string, decode: WordDecoder, limit: number): MailAddress[] {
  const scan = new ListScan(text);
  const found: MailAddress[] = [];
  for (let mailbox = scan.next(); mailbox !== null && found.length < limit; mailbox = scan.next())
    found.push(...addressesOf(mailbox, decode));
  return found;
}

/** One element of a list, taken apart. */
interface Element {
  /** The text outside angle brackets, without comments; quoted strings unquoted. */
  phrase: string;
  /** The same as written. */
  written: string;
  /** The content of each pair of angle brackets. */
  readonly angles: string[];
  comment: string;
}

/** Characters of one address with its comments and route; RFC 5321 section 4.5.3.1 allows 254 of it alone. */
const MAX_SPEC = 1000;

/** Scans a list in one pass. Unbalanced quotes and brackets are literal characters. */
class ListScan {
  readonly #text: string;
  #at = 0;
  /** By what opens: nothing of the kind is closed behind this place. */
  readonly #unclosed: Record<string, number> = {};

  constructor(text: string) {
    this.#text = text;
  }

  /** Null at the end; an empty element between two adjacent commas. */
  next(): Element | null {
    if (this.#at >= this.#text.length) return null;
    const element: Element = { phrase: "", written: "", angles: [], comment: "" };
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] ?? "";
      if (character === "," || character === ";") {
        this.#at++;
        break;
      }
      if (character === ":" && isGroupName(element)) {
        this.#at++;
        element.phrase = "";
        element.written = "";
      } else this.#take(element, character);
    }
    return element;
  }

  #take(element: Element, character: string): void {
    const start = this.#at;
    const end = closings[character] === undefined ? -1 : this.#closed(character, start);
    this.#at = end === -1 ? plainEnd(this.#text, start) : end;
    const whole = this.#text.slice(start, this.#at);
    const content = whole.slice(1, -1);
    if (end !== -1 && character === "<") element.angles.push(content);
    else if (end !== -1 && character === "(") element.comment = content;
    else {
      element.written += whole;
      element.phrase += end !== -1 && character === '"' ? unescaped(content) : whole;
    }
    // Two words with only a comment or an address between them are two words.
    if (end !== -1 && character !== '"' && character !== "[") {
      element.phrase += " ";
      element.written += character === "(" ? "" : " ";
    }
  }

  /** Behind what closes the one opened there; -1 when nothing does. */
  #closed(opening: string, start: number): number {
    const from = this.#unclosed[opening];
    if (from !== undefined && start >= from) return -1;
    const end = opening === "(" ? commentEnd(this.#text, start) : spanEnd(this.#text, start, opening);
    if (end === null) this.#unclosed[opening] = start;
    return end ?? -1;
  }
}

const closings: Readonly<Record<string, string>> = { '"': '"', "(": ")", "<": ">", "[": "]" };

/** `Team: a@b, c@d;`, and `mailto:`; not the colon of an address that is one already. */
const isGroupName = ({ phrase, angles }: Element): boolean => angles.length === 0 && !phrase.includes("@");

/** The next character that means something. An encoded word is one piece, also with a comma in it. */
function plainEnd(text: string, start: number): number {
  encodedWord.lastIndex = start;
  const word = encodedWord.exec(text)?.[0].length ?? 0;
  special.lastIndex = start + Math.max(word, 1);
  return special.exec(text)?.index ?? text.length;
}
const special = /[,;:"(<[]|=\?/g;
const encodedWord = /=\?[^?\s]{1,75}\?[bq]\?[^?\s]{0,1000}\?=/iy;

/** RFC 5322 section 3.2.2: comments nest, and a backslash takes the meaning from what is behind it. Null for one without end. */
function commentEnd(text: string, start: number): number | null {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return at + 1;
  }
  return null;
}

/**
 * Quoted strings inside brackets count as such; null for one without end, -1 for a bracket that opens anew: the first was
 * never closed.
 */
function spanEnd(text: string, start: number, opening: string): number | null {
  let isQuoted = false;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === "\\" && (isQuoted || opening === '"')) at++;
    else if (character === closings[opening] && !isQuoted) return at + 1;
    else if (opening === "<" && character === '"') isQuoted = !isQuoted;
    else if (opening === "<" && character === "<" && !isQuoted && at > start + 1) return -1;
  }
  return null;
}

const unescaped = (text: string): string => text.replaceAll(/\\(.)/gs, "$1");

function addressesOf(element: Element, decode: WordDecoder): MailAddress[] {
  const angles = element.angles.map((angle) => addressIn(angle, decode, true));
  const last = angles.findLastIndex((address) => address !== null);
  const address = angles[last] ?? null;
  if (address !== null) {
    const others = element.angles.filter((_, index) => index !== last && angles[index] === null);
    // The second bracket of two in a row.
    const isDoubled = element.angles[last]?.startsWith("<") ?? false;
    const phrase = isDoubled ? element.phrase.replace(/^>|>$/, "") : element.phrase;
    const name = decode([phrase, ...others].join(" ").trim());
    return [mailbox(name === "" ? decode(element.comment) : name, address)];
  }
  return bareAddress(element, decode);
}

/** An address without brackets: alone, with a comment that is its owner's name, or the last word behind a name. */
function bareAddress({ phrase, written, angles, comment }: Element, decode: WordDecoder): MailAddress[] {
  const isPlain = written.includes("@");
  const whole = isPlain ? (addressIn(written, decode) ?? addressIn(phrase, decode)) : null;
  if (whole !== null) return [mailbox(decode([...angles, comment].join(" ").trim()), whole)];
  const words = phrase.trim().split(/\s+/);
  const at = words.findLastIndex((word) => /^[^@]+@[^@]+$/.test(word));
  const address = addressIn(words[at] ?? "", decode);
  if (address !== null) return [mailbox(decode(words.filter((_, index) => index !== at).join(" ")), address)];
  // Some programs encode the name and the address as one.
  const decoded = !isPlain && phrase.includes("=?") ? decode(phrase) : "";
  return decoded.includes("@") ? readAddressList(decoded, (text) => text, 1) : [];
}

const mailbox = (name: string, address: string): MailAddress => ({
  name: name.trim() === "" ? null : name.trim(),
  address,
});

/**
 * The addr-spec in a text that holds nothing else but comments, a route and blanks; null when it is none.
 * @param isBracketed all of it is meant to be the address
 */
function addressIn(text: string, decode: WordDecoder, isBracketed = false): string | null {
  if (text.length > MAX_SPEC) return null;
  if (usual.test(text)) return text;
  const decoded = text.includes("=?") ? decode(text) : text;
  const spec = withoutComments(decoded)
    .trim()
    .replace(/^<+|>+$/g, "")
    .replace(/^mailto:/i, "")
    // A source route (RFC 5322 section 4.4).
    .replace(/^@[^:"]{1,500}:/, "")
    .replace(/^'(.*)'$/s, "$1");
  const at = spec.lastIndexOf("@");
  const domain = spec
    .slice(at + 1)
    .replaceAll(/\s*([.])\s*/g, "$1")
    .trim()
    .replace(/\.$/, "");
  const local = localPart(spec.slice(0, Math.max(at, 0)).trim(), isBracketed);
  if (local === null || domain === "" || /[\s"<>(),;@]/.test(domain)) return null;
  return `${local}@${domain}`;
}

/** What nearly all addresses are, and what needs no closer look. */
const usual = /^[\w.+-]+@\w[\w.-]*\w$/;

/** Null when it is none. Blanks around dots were allowed once (section 4.4). */
function localPart(written: string, isBracketed: boolean): string | null {
  if (/^"(?:[^"\\]|\\.)+"$/s.test(written)) return written;
  const local = written.replaceAll(/\s*\.\s*/g, ".");
  if (local === "" || /["<>@\\]/.test(local)) return null;
  if (!/[\s(),:;[\]]/.test(local)) return local;
  // It lacks its quotes. Without the blanks it would be another's.
  return isBracketed ? `"${local}"` : null;
}

/** Outside of quoted strings. */
function withoutComments(text: string): string {
  if (!text.includes("(")) return text;
  let kept = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === '"') isQuoted = !isQuoted;
    if (character === "(" && !isQuoted) {
      const end = commentEnd(text, at);
      if (end === null) return kept + text.slice(at);
      at = end - 1;
    } else kept += character;
  }
  return kept;
}
