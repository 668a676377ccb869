/** A document as PostgreSQL's tsvector: its terms with their places and weights. */
import { readableForm, termsOf } from "./terms.ts";

/** A text of a document. `weight`: "A" counts most in the order of results, then "B"; "D" least. */
export interface DocumentField {
  readonly text: string;
  readonly weight: "A" | "B" | "D";
}

/** Terms of a document that are kept: PostgreSQL counts places up to 16,383 (manual, section 8.11.1). */
const MAX_DOCUMENT_TERMS = 12_000;
/** Places between two fields, so that no phrase goes from one into the next. */
const GAP = 2;

/**
 * @param marks words of our own that no text has, such as whose document it is; without quotes and backslashes
 * @returns text that PostgreSQL reads as a tsvector
 */
export function toTsvector(fields: readonly DocumentField[], marks: readonly string[]): string {
  /** By word: PostgreSQL reads a word once with all of its places three to five times faster than each place with its word. */
  const words = new Map<string, { written: string }>();
  let offset = 0;
  let left = MAX_DOCUMENT_TERMS;
  for (const { text, weight } of fields) {
    const terms = termsOf(readableForm(text), left);
    const mark = weight === "D" ? "" : weight;
    for (const term of terms) {
      const place = `${term.position + offset}${mark}`;
      const word = words.get(term.text);
      if (word === undefined) words.set(term.text, { written: `${term.text}:${place}` });
      else word.written += `,${place}`;
    }
    left -= terms.length;
    offset += (terms.at(-1)?.position ?? 0) + GAP;
    if (left <= 0) break;
  }
  return [...marks.map((mark) => `'${mark}'`), ...[...words.values()].map(({ written }) => written)].join(
    " ",
  );
}
