/** JSON texts that are too long for one turn of the event loop: read in pieces, with turns for everybody else between them. */
import type { Pause } from "../../lib/loop-turns.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";
import {
  BACKSLASH,
  COMMA,
  closingQuote,
  faultsIn,
  type JsonBounds,
  LIST,
  OBJECT,
  QUOTE,
  readJson,
  tooDeep,
  tooMany,
} from "./parse-json.ts";

export interface JsonPieces {
  /** Octets that are read in one turn of the event loop. */
  readonly bytes: number;
  /** Between two pieces. */
  readonly pause: Pause;
}

/** As parseJson. @throws as it does; of several faults it may be another */
export async function parseLongJson(
  text: Uint8Array,
  bounds: JsonBounds,
  pieces: JsonPieces,
): Promise<unknown> {
  const read = await readLongJson(text, bounds, pieces);
  if (read === undefined) return undefined;
  if (read.fault !== null) throw read.fault;
  return read.value;
}

/** As readJson. @throws InvalidRequest when there are too many values, or lists and objects too deep in each other */
export async function readLongJson(
  text: Uint8Array,
  bounds: JsonBounds,
  pieces: JsonPieces,
): Promise<ReturnType<typeof readJson>> {
  if (text.byteLength <= pieces.bytes) return readJson(text, bounds);
  const parts = await longPartsOf(text, bounds, pieces);
  const value = parts === null ? undefined : await new LongText(text, parts, pieces).read();
  if (value === undefined) return undefined;
  const search = faultsIn(value, bounds);
  for (;;) {
    const { done, value: fault } = search.next();
    if (done === true) return { value, fault };
    await pieces.pause();
  }
}

const LIST_END = 0x5d;
const OBJECT_END = 0x7d;
const COLON = 0x3a;

/** Where lists, objects and texts begin that are longer than one piece, and where each ends. */
type LongParts = ReadonlyMap<number, number>;

/** @returns null when the brackets are no JSON's @throws InvalidRequest when there are too many values, or lists and objects too deep in each other */
async function longPartsOf(
  text: Uint8Array,
  bounds: JsonBounds,
  { bytes, pause }: JsonPieces,
): Promise<LongParts | null> {
  const long = new Map<number, number>();
  const open: number[] = [];
  let [count, depth, deepest, paused] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) {
      const begin = at;
      at = closingQuote(text, begin + 1);
      if (at - begin >= bytes) long.set(begin, at + 1);
    } else if (byte === COMMA) count++;
    else if (byte === LIST || byte === OBJECT) {
      count++;
      if (++depth <= MAX_JSON_DEPTH) open.push(at);
    } else if (byte === LIST_END || byte === OBJECT_END) {
      const begin = depth <= MAX_JSON_DEPTH ? open.pop() : at;
      if (begin === undefined) return null;
      if (at - begin >= bytes) long.set(begin, at + 1);
      depth--;
    }
    if (count > bounds.values) throw tooMany(bounds);
    deepest = Math.max(deepest, depth);
    if (at - paused < bytes * SCANNED) continue;
    paused = at;
    await pause();
  }
  if (deepest > MAX_JSON_DEPTH) throw tooDeep([]);
  return depth === 0 ? long : null;
}

/** How many times as fast it is looked at as read. */
const SCANNED = 8;

/** Thrown and caught here. */
class NoJson extends Error {}

/** What stands between the brackets of a long part, until it is values. */
interface Members {
  /** @returns how many there are in the piece */
  readonly add: (piece: object) => number;
  readonly made: object;
  readonly isList: boolean;
}

class LongText {
  readonly #text: Uint8Array;
  readonly #parts: LongParts;
  readonly #bytes: number;
  readonly #pause: Pause;
  // A byte order mark is skipped at the beginning of all, and no JSON elsewhere.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(text: Uint8Array, parts: LongParts, { bytes, pause }: JsonPieces) {
    this.#text = text;
    this.#parts = parts;
    this.#bytes = bytes;
    this.#pause = pause;
  }

  /** @returns undefined when it is no JSON */
  async read(): Promise<unknown> {
    const begin = this.#behindBlanks(BYTE_ORDER_MARK.every((byte, at) => this.#text[at] === byte) ? 3 : 0);
    const end = this.#parts.get(begin);
    try {
      // Little, among many blanks.
      if (end === undefined) return this.#value(this.#decoded(begin, this.#text.length));
      if (this.#behindBlanks(end) < this.#text.length) return undefined;
      return await this.#long(begin, end);
    } catch (error) {
      if (error instanceof NoJson) return undefined;
      throw error;
    }
  }

  #long(begin: number, end: number): Promise<unknown> {
    return this.#text[begin] === QUOTE ? this.#longText(begin + 1, end - 1) : this.#members(begin, end);
  }

  async #longText(begin: number, end: number): Promise<string> {
    if (this.#text[end] !== QUOTE) throw new NoJson();
    const pieces: string[] = [];
    for (let [from, to] = [begin, begin]; from < end; from = to) {
      if (from > begin) await this.#pause();
      to = from + this.#bytes < end ? betweenCharacters(this.#text, from, from + this.#bytes) : end;
      // Cast: what stands in quotes is a text.
      pieces.push(this.#value(`"${this.#decoded(from, to)}"`) as string);
    }
    return pieces.join("");
  }

  async #members(begin: number, end: number): Promise<object> {
    const members = membersOf(this.#text[begin] === LIST);
    if (this.#text[end - 1] !== (members.isList ? LIST_END : OBJECT_END)) throw new NoJson();
    // Where the next piece begins, and the last comma in it; whether a comma stands before it.
    let [from, comma, isBehindComma] = [begin + 1, -1, false];
    const take = (to: number, isLast = false): void => {
      const added = members.add(this.#piece(members, from, to, ""));
      if (added === 0 && (isBehindComma || !isLast)) throw new NoJson();
      [from, comma, isBehindComma] = [to + 1, -1, true];
    };
    let depth = 0;
    for (let at = begin + 1; at < end - 1; at++) {
      const byte = this.#text[at];
      const partEnd = byte === QUOTE || byte === LIST || byte === OBJECT ? this.#parts.get(at) : undefined;
      if (partEnd !== undefined && this.#text[this.#behindBlanks(partEnd)] !== COLON) {
        if (comma !== -1) take(comma);
        await this.#longMember(members, from, at, partEnd);
        at = this.#behindBlanks(partEnd);
        if (at === end - 1) return members.made;
        if (this.#text[at] !== COMMA) throw new NoJson();
        [from, comma, isBehindComma] = [at + 1, -1, true];
      } else if (byte === QUOTE) at = closingQuote(this.#text, at + 1);
      else if (byte === LIST || byte === OBJECT) depth++;
      else if (byte === LIST_END || byte === OBJECT_END) depth--;
      else if (byte === COMMA && depth === 0) {
        if (at - from < this.#bytes) comma = at;
        else {
          take(at);
          await this.#pause();
        }
      }
    }
    take(end - 1, true);
    return members.made;
  }

  /** One member that is long itself: read without it first, for its name. */
  async #longMember(members: Members, from: number, begin: number, end: number): Promise<void> {
    const alone = this.#piece(members, from, begin, "null");
    const [key, another] = Object.keys(alone);
    if (key === undefined || another !== undefined) throw new NoJson();
    const value = await this.#long(begin, end);
    members.add(members.isList ? [value] : Object.defineProperty({}, key, { ...OWN, value }));
  }

  #piece({ isList }: Members, from: number, to: number, behind: string): object {
    const text = this.#decoded(from, to) + behind;
    // Cast: a list or an object, by its brackets.
    return this.#value(isList ? `[${text}]` : `{${text}}`) as object;
  }

  #value(json: string): unknown {
    try {
      return JSON.parse(json);
    } catch {
      throw new NoJson();
    }
  }

  #decoded(from: number, to: number): string {
    try {
      return this.#decoder.decode(this.#text.subarray(from, to));
    } catch {
      throw new NoJson();
    }
  }

  #behindBlanks(from: number): number {
    let at = from;
    while (isBlank(this.#text[at])) at++;
    return at;
  }
}

/** The last place up to `place` that is in no character of UTF-8, and in no escape of JSON's (RFC 8259 section 7); nor is `from`. */
function betweenCharacters(text: Uint8Array, from: number, place: number): number {
  let at = place;
  while (at > place - LONGEST_CHARACTER && ((text[at] ?? 0) & 0xc0) === 0x80) at--;
  const isEscape = (begin: number): boolean => {
    let backslashes = 0;
    while (begin - backslashes >= from && text[begin - backslashes] === BACKSLASH) backslashes++;
    return backslashes % 2 === 1;
  };
  for (let begin = at - 1; begin > at - LONGEST_ESCAPE; begin--)
    if ((begin === at - 1 || text[begin + 1] === LETTER_U) && isEscape(begin)) return begin;
  return at;
}

/** Octets of one in UTF-8, and of `\u0041`. */
const [LONGEST_CHARACTER, LONGEST_ESCAPE] = [4, 6] as const;
const LETTER_U = 0x75;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/** A loop, and no `every`, which takes ten times as long: it may be megabytes. */
export function isBlankText(text: Uint8Array): boolean {
  for (let at = 0; at < text.length; at++) if (!isBlank(text[at])) return false;
  return true;
}

/** Space, tab, CR or LF: JSON's insignificant whitespace (RFC 8259 section 2). */
const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;

function membersOf(isList: boolean): Members {
  if (isList) {
    const made: unknown[] = [];
    const add: Members["add"] = (piece) => {
      // Cast: a piece of a list is one.
      const list = piece as readonly unknown[];
      for (const one of list) made.push(one);
      return list.length;
    };
    return { isList, made, add };
  }
  const made = {};
  const add: Members["add"] = (piece) => {
    const entries = Object.entries(piece);
    // Defined, not set: `__proto__` is a name like any other.
    for (const [name, value] of entries) Object.defineProperty(made, name, { ...OWN, value });
    return entries.length;
  };
  return { isList, made, add };
}

const OWN = { enumerable: true, writable: true, configurable: true } as const;
