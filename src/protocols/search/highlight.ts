/** Where a text has what was asked for: its pieces around those terms, which are put between `**` (contract 6.7). */
import type { AskedTerm, SearchQuery } from "./query.ts";
import { readableForm, type Term, termsOf } from "./terms.ts";

/** Characters shown before the first and behind the last term of a piece. */
const CONTEXT = 60;
/** Pieces of one text. */
const MAX_PIECES = 3;
/** Terms of a text that are looked at: as many as are kept of a document. */
const MAX_TERMS = 12_000;

interface Range {
  readonly start: number;
  end: number;
}

/** @returns pieces of `text`, none when nothing of the query is there */
export type Highlighter = (text: string) => string[];

/** Reads a query once for many texts. */
export function createHighlighter(query: SearchQuery): Highlighter {
  const wanted = query
    .flat()
    .filter(({ isExcluded }) => !isExcluded)
    .flatMap(({ terms }) => terms);
  const whole = new Set(wanted.filter(({ isPrefix }) => !isPrefix).map(({ text }) => text));
  const prefixes = wanted.filter(({ isPrefix }) => isPrefix);
  return (text) => {
    const readable = readableForm(text);
    const found = termsOf(readable, MAX_TERMS).filter((term) => isWanted(term, whole, prefixes));
    return piecesOf(readable, joined(found));
  };
}

function isWanted({ text }: Term, whole: ReadonlySet<string>, prefixes: readonly AskedTerm[]): boolean {
  return whole.has(text) || prefixes.some((prefix) => text.startsWith(prefix.text));
}

/** Ranges of terms in order; pairs of one run overlap. */
function joined(terms: readonly Term[]): Range[] {
  const ranges: Range[] = [];
  for (const { start, end } of terms) {
    const last = ranges.at(-1);
    if (last !== undefined && start <= last.end && end > last.start) last.end = Math.max(last.end, end);
    else ranges.push({ start, end });
  }
  return ranges;
}

function piecesOf(text: string, ranges: readonly Range[]): string[] {
  const pieces: string[] = [];
  for (let index = 0; index < ranges.length && pieces.length < MAX_PIECES; ) {
    const group: Range[] = [];
    for (; index < ranges.length; index++) {
      const range = ranges[index];
      const last = group.at(-1);
      if (range === undefined || (last !== undefined && range.start - last.end > CONTEXT)) break;
      group.push(range);
    }
    pieces.push(pieceOf(text, group));
  }
  return pieces;
}

const blanks = /\s+/g;

function pieceOf(text: string, ranges: readonly Range[]): string {
  const first = ranges[0] ?? { start: 0, end: 0 };
  const end = ranges.at(-1)?.end ?? 0;
  let piece = text.slice(wordStart(text, first.start - CONTEXT), first.start);
  for (const [index, range] of ranges.entries()) {
    const next = ranges[index + 1]?.start ?? wordEnd(text, end + CONTEXT);
    piece += `**${text.slice(range.start, range.end)}**${text.slice(range.end, next)}`;
  }
  return piece.replace(blanks, " ").trim();
}

/** A place at or a little behind `at` where a word begins: half a word is not shown, nor half a character. */
function wordStart(text: string, at: number): number {
  if (at <= 0) return 0;
  const space = text.slice(at, at + CONTEXT).search(/\s/);
  return space === -1 ? whole(text, at) : at + space + 1;
}

function wordEnd(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const space = text.slice(at - CONTEXT, at).search(/\s\S*$/);
  return space <= 0 ? whole(text, at) : at - CONTEXT + space;
}

/** Not between the two halves of a character outside of the Basic Multilingual Plane. */
const whole = (text: string, at: number): number => (/[\udc00-\udfff]/.test(text.charAt(at)) ? at + 1 : at);
