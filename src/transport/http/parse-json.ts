/** A JSON text as a value that all later code can handle: bounded in depth and width, and storable as text. */

import { type InvalidRequest, wrongAt } from "./dialect/invalid-request.ts";
import {
  JSON_PIECE_VALUES,
  MAX_JSON_DEPTH,
  MAX_JSON_ENTRIES,
  MAX_JSON_KEY_LENGTH,
  MAX_JSON_VALUES,
} from "./limits.ts";

/** A list or object on the way, and how it was reached. */
interface Place {
  readonly value: object;
  readonly key: string | number;
  readonly parent: Place | null;
  readonly depth: number;
}

function pathOf(place: Place | null, key?: string | number): (string | number)[] {
  const path = key === undefined ? [] : [key];
  for (let at = place; at !== null && at.parent !== null; at = at.parent) path.unshift(at.key);
  return path;
}

/** Why PostgreSQL would not store the text, or null: it has no NUL, and half a surrogate pair is no character. */
export function unstorable(text: string): string | null {
  if (text.includes("\0")) return "NUL characters are not allowed";
  return text.isWellFormed() ? null : "the text holds half of a surrogate pair, such as a cut emoji";
}

/** How large a JSON text may be, once it is values. */
export interface JsonBounds {
  /** Of one list or object. */
  readonly entries: number;
  /** In all. */
  readonly values: number;
}

export const ordinaryJson: JsonBounds = { entries: MAX_JSON_ENTRIES, values: MAX_JSON_VALUES };

/**
 * @param text UTF-8; a byte order mark is skipped
 * @returns the value, or undefined when the text is no JSON
 * @throws InvalidRequest at a text that cannot be stored, a list or object that is too large or too deep, and
 * when there are too many values in all
 */
export function parseJson(text: Uint8Array, bounds: JsonBounds = ordinaryJson): unknown {
  const read = readJson(text, bounds);
  if (read === undefined) return undefined;
  if (read.fault !== null) throw read.fault;
  return read.value;
}

/** As parseJson, which throws the fault. @throws InvalidRequest when there are too many values in all */
export function readJson(
  text: Uint8Array,
  bounds: JsonBounds = ordinaryJson,
): { readonly value: unknown; readonly fault: InvalidRequest | null } | undefined {
  if (!isCountable(text, bounds)) throw tooMany(bounds);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch {
    return undefined;
  }
  return { value, fault: faultOfJson(value, bounds) };
}

/** What of a value that was JSON later code could not handle; the first of it. */
export function faultOfJson(value: unknown, bounds: JsonBounds = ordinaryJson): InvalidRequest | null {
  const search = faultsIn(value, bounds);
  for (;;) {
    const { done, value: fault } = search.next();
    if (done === true) return fault;
  }
}

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const BACKSLASH = 0x5c;
export const LIST = 0x5b;
export const OBJECT = 0x7b;

export const tooMany = ({ values }: JsonBounds): InvalidRequest =>
  wrongAt([], `JSON may hold ${values} values at most`);

/** True when it has no more values than may be: each but the first follows a comma, or opens a list or object. */
function isCountable(text: Uint8Array, { values }: JsonBounds): boolean {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) at = closingQuote(text, at + 1);
    else if ((byte === COMMA || byte === LIST || byte === OBJECT) && ++count > values) return false;
  }
  return true;
}

/** Octets behind an escaped quote that are looked at one by one: a text of nothing else would have a search for each. */
const ESCAPED_RUN = 4096;

/** Where the text that begins at `start` ends: at the next quote that nothing escapes. */
export function closingQuote(text: Uint8Array, start: number): number {
  for (let from = start; ; ) {
    const quote = text.indexOf(QUOTE, from);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
    for (from = quote + 1; from <= quote + ESCAPED_RUN; from++) {
      if (text[from] === QUOTE) return from;
      if (text[from] === BACKSLASH) from++;
    }
  }
}

/**
 * As faultOfJson, which it returns. Yields now and then: after JSON_PIECE_VALUES, when others may have the event loop. Walks without
 * recursion: a megabyte of brackets is deeper than any stack.
 */
export function* faultsIn(value: unknown, bounds: JsonBounds): Generator<undefined, InvalidRequest | null> {
  if (typeof value === "string") return faultOfText(null, undefined, value);
  if (typeof value !== "object" || value === null) return null;
  const open: Place[] = [{ value, key: "", parent: null, depth: 1 }];
  let left = JSON_PIECE_VALUES;
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const names = Array.isArray(place.value) ? null : Object.keys(place.value);
    // Cast: a list has a length, and what JSON makes has no others.
    const count = names?.length ?? (place.value as readonly unknown[]).length;
    const fault = faultOfPlace(place, count, bounds);
    if (fault !== null) return fault;
    for (let index = 0; index < count; index++) {
      const found = faultOfMember(place, names?.[index] ?? index, open);
      if (found !== null) return found;
      if (--left > 0) continue;
      left = JSON_PIECE_VALUES;
      yield;
    }
  }
  return null;
}

function faultOfPlace(place: Place, count: number, { entries }: JsonBounds): InvalidRequest | null {
  if (place.depth > MAX_JSON_DEPTH) return tooDeep(pathOf(place));
  return count > entries
    ? wrongAt(pathOf(place), `A list or object may have ${entries} entries at most`)
    : null;
}

/** Said of the field at the top: its path would be as deep. */
export const tooDeep = (path: readonly (string | number)[]): InvalidRequest =>
  wrongAt(path.slice(0, 1), `JSON may be nested ${MAX_JSON_DEPTH} levels deep at most`);

/** Checks the texts of a member of a list or object, and adds it to `open` when it has members itself. */
function faultOfMember(place: Place, key: string | number, open: Place[]): InvalidRequest | null {
  // Cast: the key is one of its own.
  const member = (place.value as Readonly<Record<string | number, unknown>>)[key];
  const fault = (typeof key === "string" ? faultOfKey(place, key) : null) ?? faultOfText(place, key, member);
  if (fault === null && typeof member === "object" && member !== null)
    open.push({ value: member, key, parent: place, depth: place.depth + 1 });
  return fault;
}

function faultOfKey(place: Place, name: string): InvalidRequest | null {
  if (name.length > MAX_JSON_KEY_LENGTH)
    return wrongAt(pathOf(place), `A name may have ${MAX_JSON_KEY_LENGTH} characters at most`);
  return faultOfText(place, name, name);
}

function faultOfText(
  place: Place | null,
  key: string | number | undefined,
  text: unknown,
): InvalidRequest | null {
  const why = typeof text === "string" ? unstorable(text) : null;
  return why === null ? null : wrongAt(pathOf(place, key), why);
}
