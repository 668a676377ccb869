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
  const words = marks.map((mark) => `'${mark}'`);
  /** Where a word stands among those. Each is written once: with one for each place PostgreSQL takes up to four times as long to read them. */
  const written = new Map<string, number>();
  let offset = 0;
  let left = MAX_DOCUMENT_TERMS;
  for (const { text, weight } of fields) {
    const terms = termsOf(readableForm(text), left);
    const ending = weight === "D" ? "" : weight;
    for (const term of terms) {
      const place = term.position + offset + ending;
      const at = written.get(term.text);
      if (at === undefined) written.set(term.text, words.push(`${term.text}:${place}`) - 1);
      else words[at] += `,${place}`;
    }
    left -= terms.length;
    offset += (terms.at(-1)?.position ?? 0) + GAP;
    if (left <= 0) break;
  }
  return words.join(" ");
}
