/**
 * Base64 as mail has it (RFC 2045 section 6.8): also with junk between its characters, with a footer in plain text behind
 * its end, padded line by line, or only said to be base64.
 */
import { isUtf8 } from "node:buffer";

/** Characters from which on a line is data in any context: footers have no such words. */
const SURE_LENGTH = 60;
/** Characters from which on one is data at the start of a text, where a short line may be a word. */
const LIKELY_LENGTH = 20;
/** Bytes of what is decoded that are looked at to see whether it can be read. */
const MAX_SAMPLE = 1024;

const dataLine = /^[A-Za-z0-9+/]+={0,3}$/;

export function decodeBase64(body: Buffer): Buffer {
  const text = body.toString("latin1");
  const padding = text.indexOf("=");
  const ordinary =
    !/[^A-Za-z0-9+/\r\n=]/.test(text) && (padding === -1 || !/[^=\r\n]/.test(text.slice(padding)));
  return ordinary ? Buffer.from(text, "base64") : decodeDamaged(body, text);
}

function decodeDamaged(body: Buffer, text: string): Buffer {
  const extent = dataIn(text);
  const decoded = decodeLeniently(extent.isSure ? extent.lines.join("\n") : text);
  const isDoubtful = !extent.isSure || (extent.isBehindText && extent.length * 2 < text.length);
  return isDoubtful && !isReadable(decoded) && isProse(body) ? body : decoded;
}

interface Extent {
  /** The lines of data so far. */
  readonly lines: string[];
  /** Length of the longest of them. */
  width: number;
  /** The lines between the last line of data and the current one. */
  gap: "none" | "blank" | "text";
  /** Lines of data stood apart from each other by empty ones. */
  isSpaced: boolean;
  /** One line of them can be nothing but base64. */
  isSure: boolean;
  /** Text comes before the first line of data. */
  isBehindText: boolean;
  /** Characters of all of them. */
  length: number;
}

/** The lines that are base64, or may be. */
function dataIn(text: string): Extent {
  const extent: Extent = {
    lines: [],
    width: 0,
    gap: "none",
    isSpaced: false,
    isSure: false,
    isBehindText: false,
    length: 0,
  };
  for (const written of text.split(/\r\n?|\n/)) {
    const line = written.trim();
    const data = dataOf(line);
    if (line === "") extent.gap = extent.gap === "text" ? "text" : "blank";
    else if (data === null || !goesOn(extent, data)) extent.gap = "text";
    else take(extent, data);
  }
  return extent;
}

function take(extent: Extent, data: string): void {
  extent.isBehindText ||= extent.lines.length === 0 && extent.gap === "text";
  extent.isSpaced ||= extent.lines.length === 1 && extent.gap === "blank";
  extent.isSure ||= isSure(data);
  extent.width = Math.max(extent.width, data.length);
  extent.length += data.length;
  extent.gap = "none";
  extent.lines.push(data);
}

/** The base64 of a line that holds some; null for text. */
function dataOf(line: string): string | null {
  if (dataLine.test(line)) return line;
  const words = line.split(/[ \t]+/);
  const [first = "", ...rest] = words;
  // Lines were joined by blanks, or something without letters was put behind one.
  if (words.every((word) => word.length >= LIKELY_LENGTH && dataLine.test(word))) return words.join("");
  if (first.length % 4 === 0 && dataLine.test(first) && !/[A-Za-z0-9]/.test(rest.join(""))) return first;
  if (words.length > 1 || line.length < LIKELY_LENGTH) return null;
  // A few bytes were damaged in a line that has no blank as text would.
  const kept = line.replaceAll(/[^A-Za-z0-9+/=]/g, "");
  return kept.length >= line.length * 0.9 ? kept : null;
}

/** True for a line that continues the data: behind padding, an empty line or text, a word must not pass for it. */
function goesOn({ lines, width, gap, isSpaced }: Extent, data: string): boolean {
  const before = lines.at(-1);
  if (before === undefined || data.length >= SURE_LENGTH) return true;
  if (gap === "none" && (!before.endsWith("=") || data.endsWith("="))) return true;
  if (data.length === width && width >= LIKELY_LENGTH) return true;
  return (
    gap === "blank" &&
    (isSpaced || lines.length === 1) &&
    before.length >= LIKELY_LENGTH &&
    data.endsWith("=")
  );
}

function isSure(data: string): boolean {
  if (data.length >= LIKELY_LENGTH || data.endsWith("=")) return true;
  return data.length % 4 === 0 && isReadable(Buffer.from(data, "base64"));
}

/** True for text in UTF-8 without control characters but white space and escapes. */
function isReadable(bytes: Buffer): boolean {
  const sample = bytes.subarray(0, MAX_SAMPLE);
  // A character may be cut at the end of the sample.
  const whole = [0, 1, 2, 3].some((cut) => isUtf8(sample.subarray(0, sample.length - cut)));
  return (
    sample.length > 0 && whole && !sample.some((byte) => byte < 0x20 && !isWhiteSpace(byte) && byte !== 0x1b)
  );
}

const isWhiteSpace = (byte: number): boolean => byte >= 0x09 && byte <= 0x0d;

/** Characters that base64 has none of, above which they are no damage. */
const MIN_STRANGE = 3;
const MIN_STRANGE_SHARE = 0.04;

/** True for printable text with words that blanks divide, or more punctuation and letters than damage puts into base64. */
function isProse(body: Buffer): boolean {
  const sample = body.subarray(0, MAX_SAMPLE);
  if (sample.some((byte) => byte < 0x20 && !isWhiteSpace(byte) && byte !== 0x1b)) return false;
  const text = sample.toString("latin1");
  if (/[A-Za-z\u0080-\u00ff]{2}[^\s\w]*[ \t]+[^\s\w]*[\w\u0080-\u00ff]/.test(text)) return true;
  const strange = text.match(/[^A-Za-z0-9+/=\s]/g)?.length ?? 0;
  return (
    /[A-Za-z\u0080-\u00ff]{2}/.test(text) &&
    strange >= MIN_STRANGE &&
    strange >= text.length * MIN_STRANGE_SHARE
  );
}

const base64Values = new Int8Array(256).fill(-1);
for (const [value, character] of [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
].entries())
  base64Values[character.charCodeAt(0)] = value;

const EQUALS = 0x3d;

/** Passes over what is not base64, and begins anew behind each padding: some programs pad every line. */
function decodeLeniently(text: string): Buffer {
  const decoded = Buffer.allocUnsafe(Math.ceil((text.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let bitCount = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const value = base64Values[code] ?? -1;
    if (value >= 0) {
      bits = ((bits << 6) | value) & 0xffff;
      bitCount += 6;
      if (bitCount >= 8) {
        bitCount -= 8;
        decoded[length++] = bits >> bitCount;
      }
    } else if (code === EQUALS) bitCount = 0;
  }
  return decoded.subarray(0, length);
}
