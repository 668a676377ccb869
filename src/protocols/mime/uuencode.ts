/** Uuencode: a file in lines of text, as it was written before MIME and by some programs still. */

/** Octets looked at for the line that opens it, and of one line; a full line has 61 characters. */
const MAX_BEFORE = 64 * 1024;
const MAX_LINE = 200;

const LF = 0x0a;

export interface UuencodedFile {
  /** As the opening line names it. */
  readonly name: string;
  readonly content: Buffer;
  /** Its offsets in the text, from the begin line to the end line. */
  readonly start: number;
  readonly end: number;
}

/** The first file in the text at or behind `from`; null without one. */
export function decodeUuencode(text: Buffer, from = 0): UuencodedFile | null {
  const opening = findOpening(text, from);
  if (opening === null) return null;
  const decoded = Buffer.allocUnsafe(Math.ceil(((text.length - opening.end) * 3) / 4) + 3);
  let length = 0;
  let at = opening.end;
  while (at < text.length) {
    const next = lineEnd(text, at);
    const line = text.toString("latin1", at, Math.min(next, at + MAX_LINE)).replace(/[\r\n]+$/, "");
    at = next;
    if (/^end\s*$/.test(line)) return { ...opening, content: decoded.subarray(0, length), end: at };
    if (line !== "") length = decodeLine(line, decoded, length);
  }
  // Cut off on the way: what came is better than nothing.
  return length === 0 ? null : { ...opening, content: decoded.subarray(0, length), end: at };
}

function findOpening(
  text: Buffer,
  from: number,
): { readonly name: string; readonly start: number; readonly end: number } | null {
  const last = Math.min(text.length, from + MAX_BEFORE);
  for (let at = from; at < last; ) {
    const next = lineEnd(text, at);
    const line = text.toString("latin1", at, Math.min(next, at + MAX_LINE * 2));
    const name = /^begin [0-7]{3,4} (\S.*)/.exec(line)?.[1];
    if (name !== undefined && isEncodedLine(text, next)) return { name: name.trim(), start: at, end: next };
    at = next;
  }
  return null;
}

function lineEnd(text: Buffer, at: number): number {
  const lineFeed = text.indexOf(LF, at);
  return lineFeed === -1 ? text.length : lineFeed + 1;
}

/** True for a line that is as long as its first character says, but for blanks that were cut off at its end. */
function isEncodedLine(text: Buffer, at: number): boolean {
  const line = text
    .toString("latin1", at, Math.min(lineEnd(text, at), at + MAX_LINE))
    .replace(/[\r\n]+$/, "");
  if (!/^[ -`]+$/.test(line)) return false;
  const count = sixBits(line, 0);
  const characters = Math.ceil(count / 3) * 4;
  return line.length <= characters + 2 && (count === 0 || line.length > 1);
}

/** Six bits; a blank and a grave accent are both none, and a blank may be missing at the end of a line. */
const sixBits = (line: string, at: number): number =>
  at < line.length ? (line.charCodeAt(at) - 0x20) & 0x3f : 0;

/** Writes the line's bytes from `length` on and gives the new length. */
function decodeLine(line: string, decoded: Buffer, length: number): number {
  const count = Math.min(sixBits(line, 0), decoded.length - length);
  for (let index = 0; index < count; index++) {
    const at = 1 + Math.floor(index / 3) * 4 + (index % 3);
    const shift = 2 * (index % 3);
    const bits = (sixBits(line, at) << (2 + shift)) | (sixBits(line, at + 1) >> (4 - shift));
    decoded[length + index] = bits & 0xff;
  }
  return length + count;
}
