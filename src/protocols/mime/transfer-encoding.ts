/** Decodes Content-Transfer-Encoding (RFC 2045 section 6); damaged input is decoded as far as possible. */
import { decodeBase64 } from "./base64.ts";
import { decodeUuencode } from "./uuencode.ts";

/** The decoded bytes; for an unknown encoding, the bytes unchanged. A view of `body` when nothing is encoded. */
export function decodeTransfer(body: Buffer, encoding: string): Buffer {
  switch (encodingName(encoding)) {
    case "base64":
      return decodeBase64(body);
    case "quotedprintable":
      return decodeQuotedPrintable(body);
    case "xuuencode":
    case "uuencode":
    case "xuue":
    case "uue":
    case "xuu":
      return decodeUuencode(body)?.content ?? body;
    default:
      return body;
  }
}

/** Letters and digits alone: it is also written quoted, with a comment, or as `base-64`. */
function encodingName(written: string): string {
  const name = /[a-z][\w -]*/i.exec(written)?.[0] ?? "";
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

const EQUALS = 0x3d;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

function decodeQuotedPrintable(body: Buffer): Buffer {
  const decoded = Buffer.allocUnsafe(body.length);
  let length = 0;
  let at = 0;
  while (at < body.length) {
    const lf = body.indexOf(LF, at);
    const next = lf === -1 ? body.length : lf + 1;
    let end = lf === -1 ? body.length : lf;
    // Trailing white space was added in transport (RFC 2045 section 6.7, rule 3).
    while (end > at && isBlank(body[end - 1])) end--;
    const soft = end > at && body[end - 1] === EQUALS;
    length = decodeLine(body.subarray(at, soft ? end - 1 : end), decoded, length);
    if (!soft && lf !== -1) {
      if (body[lf - 1] === CR) decoded[length++] = CR;
      decoded[length++] = LF;
    }
    at = next;
  }
  return decoded.subarray(0, length);
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB || byte === CR;

/** Writes the line's bytes from `length` on and gives the new length. */
function decodeLine(line: Buffer, decoded: Buffer, length: number): number {
  let end = length;
  let at = 0;
  while (at < line.length) {
    const equals = line.indexOf(EQUALS, at);
    const literalEnd = equals === -1 ? line.length : equals;
    end += line.copy(decoded, end, at, literalEnd);
    if (equals === -1) break;
    const high = hexValue(line[equals + 1]);
    const low = hexValue(line[equals + 2]);
    const valid = high >= 0 && low >= 0;
    // An invalid escape is literal.
    decoded[end++] = valid ? high * 16 + low : EQUALS;
    at = equals + (valid ? 3 : 1);
  }
  return end;
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
