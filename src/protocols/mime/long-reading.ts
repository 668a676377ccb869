/** Which mails below the size of large ones take so long to read that a thread does it: they are made of marks, and no people's. */
import type { ParsedMail } from "./parse.ts";

/**
 * Tags that open and lines of HTML: with the reply looked for in them, 0.5 µs a tag and up to 3.5 a line or quote, so that as many take 30 ms at most. A newsletter
 * of 256 KB has 8,000.
 */
const MAX_HTML_MARKS = 8500;
/** Lines that may be delimiters of parts, 3 to 9 µs each. */
const MAX_DELIMITERS = 2500;
/** Changes of the charset within a text (ISO-2022, RFC 1468), 0.8 µs each. Japanese mail of 256 KB has 8,000, two a line. */
const MAX_ESCAPES = 20_000;

/** True where a mail is made of so many parts, or changes its charset as often, that to parse it takes more than some 20 ms. */
export function parsesLong(raw: Uint8Array): boolean {
  // Fewer octets cannot hold as many.
  if (raw.byteLength < MAX_DELIMITERS * DELIMITER.byteLength) return false;
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return (
    hasMoreThan(MAX_DELIMITERS, (from) => bytes.indexOf(DELIMITER, from)) ||
    hasMoreThan(MAX_ESCAPES, (from) => bytes.indexOf(ESCAPE, from))
  );
}

const DELIMITER = Buffer.from("\n--");
const ESCAPE = 0x1b;

/** True where the reply is looked for in so much HTML that it takes more than some 30 ms. */
export function extractsLong({ html }: Pick<ParsedMail, "html">): boolean {
  if (html === null || html.length < MAX_HTML_MARKS) return false;
  let [left, paragraphs] = [MAX_HTML_MARKS, 0];
  for (let at = 0; at < html.length; at++) {
    const code = html.charCodeAt(at);
    if (code !== TAG && code !== LINE) continue;
    const isEnd = code === TAG && html.charCodeAt(at + 1) === SLASH;
    const isParagraph = code === TAG && lowerCase(html, isEnd ? at + 2 : at + 1) === LETTER_P;
    // Two ends make an element where there is none: `</br>`, and `</p>` of no paragraph (HTML section 13.2.6.4.7).
    const isMark = !isEnd || (isParagraph && paragraphs === 0) || isBreak(html, at + 2);
    if (isMark && --left < 0) return true;
    if (isParagraph) paragraphs = Math.max(0, paragraphs + (isEnd ? -1 : 1));
  }
  return false;
}

const TAG = 0x3c;
const SLASH = 0x2f;
const LINE = 0x0a;
const [LETTER_B, LETTER_P, LETTER_R] = [0x62, 0x70, 0x72] as const;

/** Of a letter. */
const lowerCase = (text: string, at: number): number => text.charCodeAt(at) | 0x20;
const isBreak = (html: string, at: number): boolean =>
  lowerCase(html, at) === LETTER_B && lowerCase(html, at + 1) === LETTER_R;

function hasMoreThan(most: number, next: (from: number) => number): boolean {
  let found = 0;
  for (let at = next(0); at !== -1; at = next(at + 1)) if (++found > most) return true;
  return false;
}
