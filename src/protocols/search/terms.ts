/**
 * Text as the terms that it is found by, the same for what is stored and for what is asked: lower case, without diacritics (NFKD,
 * Unicode Standard Annex 15), split at whatever is no letter, digit or mark. Scripts that put no spaces between words are taken apart
 * into characters and pairs of neighbours. See docs/decisions/0046-search.md.
 */

/** Characters of a term that count: what is longer is cut, in the text and in the query alike. */
const MAX_TERM_LENGTH = 64;

/** A term of a text: `start` to `end` is its source. */
export interface Term {
  readonly text: string;
  /** Of the terms of a text, counted from 1: neighbours differ by one. */
  readonly position: number;
  readonly start: number;
  readonly end: number;
  /** "single": one character of a script without spaces; "pair": that and the next one, at the position of the first. */
  readonly kind: "word" | "single" | "pair";
}

const unspaced =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const asciiOnly = /^[\0-\x7f]*$/;
const anyRun = /[\p{L}\p{N}\p{M}]+/gu;
const diacritics = /[\u0300-\u036f]/g;
/**
 * What Hebrew and Arabic are mostly written without: points and accents; harakat, the superscript alef, Quranic annotations and the tatweel, which
 * only widens a word. Not hamza and madda, which are part of a letter; the vowels of other scripts are.
 */
const vowelMarks =
  /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]/gu;
const noTermCharacters = /[^\p{L}\p{N}\p{M}]/gu;
/** Half of a pair of UTF-16, which a cut may leave. */
const loneHalf = /[\ud800-\udbff]$/;

/** The form in which a text is read. `start` and `end` of its terms are places in this. */
export const readableForm = (text: string): string => (asciiOnly.test(text) ? text : text.normalize("NFC"));

/**
 * The terms of a text in readable form, in order; pairs and singles of a run alternate.
 * @param most terms, after which the rest is left out
 */
export function termsOf(text: string, most: number): Term[] {
  if (asciiOnly.test(text)) return asciiTermsOf(text.toLowerCase(), most);
  const terms: Term[] = [];
  let position = 0;
  for (const match of text.matchAll(anyRun)) {
    if (terms.length >= most) break;
    const [run] = match;
    if (unspaced.test(run)) {
      position = addMixed(terms, run, match.index, position, most);
      continue;
    }
    const folded = fold(run);
    if (folded === "") continue;
    position++;
    terms.push({ text: folded, position, start: match.index, end: match.index + run.length, kind: "word" });
  }
  return terms;
}

/** The same of a text that is ASCII, in lower case: most are, and this is what indexing a mail costs us. */
function asciiTermsOf(text: string, most: number): Term[] {
  const terms: Term[] = [];
  for (let start = 0; start < text.length && terms.length < most; start++) {
    if (!isAsciiTerm(text.charCodeAt(start))) continue;
    let end = start + 1;
    while (isAsciiTerm(text.charCodeAt(end))) end++;
    terms.push({ text: cut(text.slice(start, end)), position: terms.length + 1, start, end, kind: "word" });
    start = end;
  }
  return terms;
}

/** a to z, or 0 to 9; not the NaN behind the end of a text. */
const isAsciiTerm = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 48 && code <= 57);

/** Whole words of a text, each once, whatever their script: for names, which are looked for by how their words begin. */
export const wordsOf = (text: string, most: number): string[] => foldedRuns(text, [formerFold, fold], most);

/** Those of a question: each is among the words of a name that has it, whichever version stored them. */
export const askedWordsOf = (text: string, most: number): string[] => foldedRuns(text, [formerFold], most);

function foldedRuns(text: string, folds: readonly ((word: string) => string)[], most: number): string[] {
  const runs = [...readableForm(text).matchAll(anyRun)];
  const words = runs.flatMap(([run]) => folds.map((each) => each(run))).filter((word) => word !== "");
  return [...new Set(words)].slice(0, most);
}

function cut(term: string): string {
  return term.length <= MAX_TERM_LENGTH ? term : term.slice(0, MAX_TERM_LENGTH).replace(loneHalf, "");
}

/** A word without case, diacritics and vowel marks; empty for what is nothing but marks. */
function fold(word: string): string {
  if (asciiOnly.test(word)) return cut(word.toLowerCase());
  return cut(spelled(plain(word).replace(vowelMarks, "")));
}

/**
 * A word as it was folded, and is in the index, of mail indexed before letters without a decomposition were spelled in others, and vowel marks
 * left out.
 */
export const formerFold = (word: string): string => cut(plain(word));

function plain(word: string): string {
  const bare = word.toLowerCase().normalize("NFKD").replace(diacritics, "").normalize("NFC");
  return bare.toLowerCase().replaceAll("ς", "σ").replace(noTermCharacters, "");
}

/**
 * Letters that Unicode does not decompose, as people write them whose keyboards do not have them: ß by its case folding, the others as
 * CLDR's Latin-ASCII has them. ı as well: in lower case nobody knows which of the two an I was.
 */
const spellings: Readonly<Record<string, string>> = {
  ...{ ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ħ: "h", ı: "i", ŧ: "t" },
};
const anySpelled = new RegExp(`[${Object.keys(spellings).join("")}]`, "gu");

const spelled = (word: string): string => word.replace(anySpelled, (letter) => spellings[letter] ?? letter);

interface Character {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Adds a run that has characters of a script without spaces. @returns the last position */
function addMixed(terms: Term[], run: string, at: number, before: number, most: number): number {
  let position = before;
  let word = "";
  let wordStart = at;
  let row: Character[] = [];
  const endWord = (end: number): void => {
    const folded = fold(word);
    word = "";
    if (folded !== "")
      terms.push({ text: folded, position: ++position, start: wordStart, end, kind: "word" });
  };
  const endRow = (): void => {
    for (const [index, { text, start, end }] of row.entries()) {
      position++;
      const next = row[index + 1];
      if (next !== undefined)
        terms.push({ text: text + next.text, position, start, end: next.end, kind: "pair" });
      terms.push({ text, position, start, end, kind: "single" });
    }
    row = [];
  };
  let place = at;
  for (const character of run) {
    if (terms.length >= most) return position;
    const end = place + character.length;
    if (unspaced.test(character)) {
      endWord(place);
      const text = character.normalize("NFKC").toLowerCase().replace(noTermCharacters, "");
      if (text !== "") row.push({ text, start: place, end });
    } else {
      endRow();
      if (word === "") wordStart = place;
      word += character;
    }
    place = end;
  }
  endWord(place);
  endRow();
  return position;
}
