/** Which mails below the size of large ones take so long to read that a thread does it: they are made of marks, and no people's. */
import type { ParsedMail } from "./parse.ts";

/**
 * Tags and lines of HTML: with the reply looked for in them, 0.5 µs a tag and up to 2.6 a line, so that as many take 50 ms at most. A newsletter of 256 KB has
 * 8,000.
 */
const MAX_HTML_MARKS = 20_000;
/** Lines that may be delimiters of parts, 3 to 9 µs each. */
const MAX_DELIMITERS = 4000;

/** True where the parts of a mail are so many that to parse it takes more than some 40 ms. */
export function parsesLong(raw: Uint8Array): boolean {
  // Fewer octets cannot hold as many.
  if (raw.byteLength < MAX_DELIMITERS * DELIMITER.byteLength) return false;
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return hasMoreThan(MAX_DELIMITERS, (from) => bytes.indexOf(DELIMITER, from));
}

const DELIMITER = Buffer.from("\n--");

/** True where the reply is looked for in so much HTML that it takes more than some 50 ms. */
export function extractsLong({ html }: Pick<ParsedMail, "html">): boolean {
  if (html === null || html.length < MAX_HTML_MARKS) return false;
  let left = MAX_HTML_MARKS;
  for (let at = 0; at < html.length; at++) {
    const code = html.charCodeAt(at);
    if ((code === TAG || code === LINE) && --left < 0) return true;
  }
  return false;
}

const TAG = 0x3c;
const LINE = 0x0a;

function hasMoreThan(most: number, next: (from: number) => number): boolean {
  let found = 0;
  for (let at = next(0); at !== -1; at = next(at + 1)) if (++found > most) return true;
  return false;
}
