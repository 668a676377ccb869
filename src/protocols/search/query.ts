/**
 * What is asked for, read from what people type (contract 7.7): words, all of which are to be there, "phrases", OR between
 * alternatives, - before what is not to be there, * behind the beginning of a word. Nothing is an error: a stray operator is left out.
 */
import { formerFold, readableForm, type Term, termsOf } from "./terms.ts";

/** Terms of a query that count; those beyond are left out. Each is a look-up of its own. */
export const MAX_QUERY_TERMS = 32;
/** Characters of a query that are read: what is longer has more terms than count, or is one of operators only. */
const MAX_QUERY_LENGTH = 4096;
/** Characters of a beginning, below which * is left out: it would stand for a good part of all words. */
const MIN_PREFIX_LENGTH = 3;

export interface AskedTerm {
  readonly text: string;
  /** The same where it was indexed by an earlier version, which folded it otherwise; null for most. */
  readonly former: string | null;
  /** Any term that begins so. */
  readonly isPrefix: boolean;
  /** Places behind the term before it in the phrase; 0 for the first. */
  readonly distance: number;
}

/** Terms that follow one another. */
export interface Phrase {
  readonly terms: readonly AskedTerm[];
  readonly isExcluded: boolean;
}

/** Alternatives, each of phrases that must hold together. None: nothing was asked for. */
export type SearchQuery = readonly (readonly Phrase[])[];

/** A quoted text to its closing quote, or to the end; or what stands up to the next space or quote. Excluded by a - in front. */
const piece = /(-?)(?:["“”„]([^"“”„]*)["“”„]?|([^\s"“”„]+))/gu;

export function readQuery(text: string): SearchQuery {
  const alternatives: Phrase[][] = [[]];
  let left = MAX_QUERY_TERMS;
  for (const [, minus, quoted, bare] of readableForm(text.slice(0, MAX_QUERY_LENGTH)).matchAll(piece)) {
    if (minus === "" && bare === "OR") {
      if (alternatives.at(-1)?.length !== 0) alternatives.push([]);
      continue;
    }
    if (minus === "" && bare === "AND") continue;
    const terms = phraseOf(quoted ?? bare ?? "", quoted === undefined).slice(0, left);
    if (terms.length === 0) continue;
    left -= terms.length;
    alternatives.at(-1)?.push({ terms, isExcluded: minus === "-" });
    if (left === 0) break;
  }
  return alternatives.filter((phrases) => phrases.length > 0);
}

function phraseOf(text: string, mayBePrefix: boolean): AskedTerm[] {
  const terms = termsOf(text, MAX_QUERY_TERMS * 2);
  const wanted = terms.filter((term, index) => term.kind !== "single" || isAlone(terms, index));
  return wanted.map((term, index) => ({
    text: term.text,
    former: formerOf(term, text),
    isPrefix:
      mayBePrefix &&
      index === wanted.length - 1 &&
      term.kind === "word" &&
      term.text.length >= MIN_PREFIX_LENGTH &&
      text.charAt(term.end) === "*",
    distance: index === 0 ? 0 : term.position - (wanted[index - 1]?.position ?? 0),
  }));
}

function formerOf({ text, kind, start, end }: Term, of: string): string | null {
  if (kind !== "word") return null;
  const former = formerFold(of.slice(start, end));
  return former === text ? null : former;
}

/** Whether a single character is in no pair: others are asked for by their pairs, which are rarer. */
function isAlone(terms: readonly Term[], index: number): boolean {
  const { start, end } = terms[index] ?? { start: 0, end: 0 };
  return !terms.some((term) => term.kind === "pair" && term.start <= start && term.end >= end);
}

/** The query as PostgreSQL's tsquery. @returns null when nothing was asked for */
export function toTsquery(query: SearchQuery): string | null {
  if (query.length === 0) return null;
  return query.map((phrases) => `(${phrases.map(phraseText).join(" & ")})`).join(" | ");
}

/** Terms are letters, digits and marks: nothing of them has a meaning between the quotes. */
function phraseText({ terms, isExcluded }: Phrase): string {
  const text = terms
    .map((term, index) => `${index === 0 ? "" : ` <${term.distance}> `}${termText(term)}`)
    .join("");
  return isExcluded ? `!(${text})` : `(${text})`;
}

function termText({ text, former, isPrefix }: AskedTerm): string {
  const suffix = isPrefix ? ":*" : "";
  return former === null ? `'${text}'${suffix}` : `('${text}'${suffix} | '${former}'${suffix})`;
}
