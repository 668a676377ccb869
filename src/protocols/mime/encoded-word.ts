/** Encoded words (RFC 2047), decoded leniently. */
import { type CharsetGuess, decodeText } from "../charset/index.ts";

interface Word {
  /** Lower-case; empty for none. */
  readonly charset: string;
  readonly bytes: Buffer;
}

/** A word up to its encoded text; the charset may have a language suffix (RFC 2231 section 5). */
const opening = /=\?([^?*\s]{0,75})(?:\*[^?\s]{0,75})?\?([bq])\?/iy;

/**
 * Decodes the encoded words of a text. Adjacent words of one charset are decoded together, because many mail clients split a
 * character between two of them, which RFC 2047 section 5 forbids; white space between words is dropped. Unterminated words
 * are kept literally.
 * @param guess of the charset of words that name none
 */
export function decodeWords(text: string, guess?: CharsetGuess): string {
  if (!text.includes("=?")) return text;
  const pieces: string[] = [];
  let words: Word[] = [];
  let shownUpTo = 0;
  for (const { start, end, word } of wordsIn(text)) {
    const between = text.slice(shownUpTo, start);
    if (words.length === 0 || between.trim() !== "") {
      pieces.push(decodeRun(words, guess), between);
      words = [];
    }
    words.push(word);
    shownUpTo = end;
  }
  pieces.push(decodeRun(words, guess), text.slice(shownUpTo));
  return pieces.join("");
}

/** The words in their order. Linear, also for a text of unterminated words. */
function* wordsIn(text: string): Generator<{ start: number; end: number; word: Word }> {
  let closing = -1;
  for (let at = text.indexOf("=?"); at !== -1; at = text.indexOf("=?", at)) {
    opening.lastIndex = at;
    const match = opening.exec(text);
    const contentStart = at + (match?.[0].length ?? 2);
    if (closing < contentStart) closing = text.indexOf("?=", contentStart);
    if (closing === -1) return;
    const [, charset = "", encoding] = match ?? [];
    const content = encoding === undefined ? "=?" : text.slice(contentStart, closing);
    if (encoding === undefined || content.includes("=?")) at = contentStart;
    else {
      const bytes = /b/i.test(encoding) ? Buffer.from(content, "base64") : unescaped(content);
      yield { start: at, end: closing + 2, word: { charset: charset.toLowerCase(), bytes } };
      at = closing + 2;
    }
  }
}

function decodeRun(words: readonly Word[], guess: CharsetGuess | undefined): string {
  const pieces: string[] = [];
  for (let first = 0; first < words.length; ) {
    const charset = words[first]?.charset ?? "";
    let next = first + 1;
    while (words[next]?.charset === charset) next++;
    const bytes = Buffer.concat(words.slice(first, next).map((word) => word.bytes));
    pieces.push(decodeText(bytes, charset, guess));
    first = next;
  }
  return pieces.join("");
}

/** Q encoding (section 4.2): `_` is a space; invalid escapes are kept literally. */
function unescaped(content: string): Buffer {
  const latin1 = Buffer.from(content.replaceAll("_", " ")).toString("latin1");
  return Buffer.from(
    latin1.replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}
