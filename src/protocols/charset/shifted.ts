/**
 * Stateful charsets: ISO 2022 for Japanese, Korean and Chinese, decoded by one state machine because mail mixes their
 * escape sequences, and HZ. Each run of one character set is decoded in its 8-bit form.
 */
import { isAscii } from "node:buffer";
import { TextDecoder } from "node:util";
import iconv from "iconv-lite";

type CharacterSet = "ascii" | "kana" | "jis" | "jis-supplement" | "gb" | "ksc";

const ESC = 0x1b;
const SO = 0x0e;
const SI = 0x0f;
const LF = 0x0a;
const TILDE = 0x7e;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Bytes of the longest escape sequence, its ESC included. */
const MAX_ESCAPE = 4;

/** After ESC: the set designated as G0, used from there on. */
const designations: Readonly<Record<string, CharacterSet>> = {
  "(B": "ascii",
  "(J": "ascii",
  "(H": "ascii",
  "(I": "kana",
  "$@": "jis",
  $B: "jis",
  "$(@": "jis",
  "$(B": "jis",
  "$(O": "jis",
  "$(Q": "jis",
  "$(D": "jis-supplement",
  $A: "gb",
  "$(A": "gb",
  "$(C": "ksc",
};
/** After ESC: the set designated as G1, used between SO and SI. */
const shiftedOut: Readonly<Record<string, CharacterSet>> = { "$)A": "gb", "$)C": "ksc", $C: "ksc" };

/** ISO-2022-JP and its extensions (RFC 1468, 1554, 2237), ISO-2022-KR (RFC 1557), ISO-2022-CN without CNS (RFC 1922). */
export function decodeShifted(bytes: Buffer): string {
  const pieces: string[] = [];
  let set: CharacterSet = "ascii";
  let outside: CharacterSet = "kana";
  let isOut = false;
  let at = 0;
  while (at < bytes.length) {
    const end = runEnd(bytes, at);
    if (end > at) pieces.push(decodeRun(bytes.subarray(at, end), isOut ? outside : set));
    const byte = bytes[end];
    at = end + 1;
    if (byte === SO || byte === SI) isOut = byte === SO;
    else if (byte === LF) {
      // A line ends in ASCII; where a program forgot that, the next would be unreadable.
      pieces.push("\n");
      [set, isOut] = ["ascii", false];
    } else if (byte === ESC) {
      const sequence = escapeAt(bytes, at);
      at += sequence.length;
      set = designations[sequence] ?? set;
      outside = shiftedOut[sequence] ?? outside;
    }
  }
  return pieces.join("");
}

function runEnd(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && !isShift(bytes[at])) at++;
  return at;
}

const isShift = (byte: number | undefined): boolean =>
  byte === ESC || byte === SO || byte === SI || byte === LF;

/** The known escape sequence that begins there, without its ESC; empty for an unknown one, which is skipped. */
function escapeAt(bytes: Buffer, at: number): string {
  const text = bytes.toString("latin1", at, at + MAX_ESCAPE - 1);
  return [3, 2].map((length) => text.slice(0, length)).find((sequence) => isKnown(sequence)) ?? "";
}

const isKnown = (sequence: string): boolean =>
  Object.hasOwn(designations, sequence) || Object.hasOwn(shiftedOut, sequence);

/** Neither keeps anything between calls that do not stream. */
const eucJapanese = new TextDecoder("euc-jp");
const simplifiedChinese = new TextDecoder("gbk");
const shiftJis = new TextDecoder("shift_jis");

function decodeRun(run: Buffer, set: CharacterSet): string {
  switch (set) {
    case "ascii":
      // Bytes beyond ASCII are invalid in ISO 2022; in practice they are Shift JIS.
      return isAscii(run) ? run.toString("latin1") : shiftJis.decode(run);
    case "kana":
      return eucJapanese.decode(prefixed(run, 1, 0x8e));
    case "jis":
      return eucJapanese.decode(raised(run));
    case "jis-supplement":
      return eucJapanese.decode(prefixed(run, 2, 0x8f));
    case "gb":
      return simplifiedChinese.decode(raised(run));
    case "ksc":
      return iconv.decode(raised(run), "cp949");
  }
}

/** With the high bit set, but for blanks and controls, which are the same in every set. */
const raised = (run: Buffer): Buffer => Buffer.from(run.map((byte) => (byte > 0x20 ? byte | 0x80 : byte)));

/** The same with a byte before each character of `width` bytes, which is how EUC names its other sets. */
function prefixed(run: Buffer, width: number, prefix: number): Buffer {
  const bytes: number[] = [];
  let left = 0;
  for (const byte of run) {
    if (byte <= 0x20) left = 0;
    else if (left === 0) {
      bytes.push(prefix);
      left = width - 1;
    } else left--;
    bytes.push(byte > 0x20 ? byte | 0x80 : byte);
  }
  return Buffer.from(bytes);
}

/** HZ (RFC 1843): GB 2312 between `~{` and `~}`, `~~` for a tilde, and a tilde at the end of a line for none. */
export function decodeHz(bytes: Buffer): string {
  const decoded = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let isShifted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const next = bytes[at + 1] ?? 0;
    if (byte === TILDE && next === (isShifted ? CLOSING : OPENING)) {
      isShifted = !isShifted;
      at++;
    } else if (byte === TILDE && !isShifted && (next === TILDE || next === LF)) {
      if (next === TILDE) decoded[length++] = TILDE;
      at++;
    } else if (isShifted && byte !== LF && next > 0x20) {
      // By pairs: the second byte of a character may be a tilde.
      decoded[length++] = byte | 0x80;
      decoded[length++] = next | 0x80;
      at++;
    } else {
      decoded[length++] = byte;
      // The end of a line ends the shift, which some programs leave open.
      isShifted &&= byte !== LF;
    }
  }
  return simplifiedChinese.decode(decoded.subarray(0, length));
}
