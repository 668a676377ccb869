/** Attributions: the line that says who wrote when, above quoted history. Mail clients fold it. */
import { openings, unspacedVerbs, verbs } from "./reply-phrases.ts";

/** Characters of an attribution, folded lines together: a date, a name and an address. */
export const MAX_ATTRIBUTION = 500;
/** Lines that mail clients fold an attribution into. */
const MAX_LINES = 5;

/** One of the phrases, as the inside of a group of a pattern: the longest that fits. */
export const oneOf = (phrases: readonly string[]): string =>
  phrases
    .toSorted((a, b) => b.length - a.length)
    .map((phrase) => phrase.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join("|");

const opening = new RegExp(`^(?:${oneOf(openings)})(?![\\p{L}\\p{M}])`, "iu");
const bareOpening = new RegExp(`^(?:${oneOf(openings)})(?: [\\p{L}\\p{M}]{2,12}\\.?,)?$`, "iu");
const verb = new RegExp(
  `(?<![\\p{L}\\p{M}])(?:${oneOf(verbs)})(?![\\p{L}\\p{M}])|(?:${oneOf(unspacedVerbs)})`,
  "iu",
);
const verbAtEnd = new RegExp(`(?<![\\p{L}\\p{M}])(?:${oneOf(verbs)})$|(?:${oneOf(unspacedVerbs)})$`, "iu");
/** Of the longest verb, with the letter that may not stand in front of it. */
const MAX_VERB_UNITS = Math.max(...[...verbs, ...unspacedVerbs].map((phrase) => phrase.length)) + 2;

/** Looks at the end alone: the pattern would be tried at each letter of each line. */
const endsWithVerb = (line: string): boolean => verbAtEnd.test(line.slice(-MAX_VERB_UNITS));

const numericDate = /\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}|\d{1,4}年|\d{1,4}년/u;
const year = /(?<!\d)(?:19|20)\d\d(?!\d)/u;
const time = /(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)/u;
const dayNumber = /(?<!\d)\d{1,2}(?!\d)/u;

/** How sure it is. `weak`: only where marked quotes follow. */
export type Attribution = { readonly lines: number; readonly strength: "strong" | "weak" };

/**
 * The attribution that ends at a line, if one does: the shortest that has a whole date, so that an answer directly above is not
 * taken for a part of it.
 * @param lines without marks of quotes; those from `first` on may belong to it
 */
export function attributionEndingAt(
  lines: readonly string[],
  end: number,
  first: number,
): Attribution | null {
  const last = withoutMarks(lines[end] ?? "");
  if (!mayEndAttribution(last)) return null;
  let joined = "";
  let undated: Attribution | null = null;
  for (let at = end; at >= first && end - at < MAX_LINES; at--) {
    const line = (lines[at] ?? "").trim();
    // Polymail puts an empty line in front of the address.
    if (line === "" && joined.startsWith("<")) continue;
    if (line === "" || line.length + joined.length > MAX_ATTRIBUTION) break;
    joined = at === end ? line : `${line} ${joined}`;
    const strength = strengthOf(joined);
    const count = end - at + 1;
    if (strength === "strong") return { lines: count + openingAbove(lines, at - 1, first), strength };
    if (strength === "weak") undated ??= { lines: count, strength };
    if (addressAndVerb.test(withoutMarks(joined))) undated = { lines: count, strength: "strong" };
  }
  return undated;
}

/** The cheap check first: most lines end otherwise. */
export const mayEndAttribution = (last: string): boolean =>
  last.length > 0 &&
  last.length <= MAX_ATTRIBUTION &&
  (/[:：>]$/u.test(last.slice(-1)) || endsWithVerb(last));

/** 1 when the line above is no more than `On Thu,`: some programs break the line there. */
const openingAbove = (lines: readonly string[], at: number, first: number): 0 | 1 =>
  at >= first && bareOpening.test(withoutMarks(lines[at] ?? "")) ? 1 : 0;

function strengthOf(joined: string): "strong" | "weak" | null {
  const line = withoutMarks(joined).replace(/^[\s*_>-]{1,20}/u, "");
  const plain = withoutAddresses(line);
  const hasAddress = plain !== line;
  const hasColon = /[:：]$/u.test(line);
  const hasVerb = verb.test(plain);
  const hasDate = isDated(plain);
  const opens = opening.test(line);
  if (!hasColon && !endsWithVerb(line))
    return hasDate && hasAddress && startsWithDate.test(line) ? "weak" : null;
  if (hasDate && hasVerb && (opens || startsWithDate.test(line)))
    return isNamed(plain, hasAddress) ? "strong" : null;
  if (hasDate && hasAddress && (hasVerb || startsWithDate.test(line) || opens)) return "strong";
  if (hasAddress && (hasVerb || hasDate)) return "weak";
  return hasVerb && line.length <= MAX_BARE && isNamed(plain, false) ? "weak" : null;
}

/** Addresses replaced by blanks: the digits in them are no date. */
function withoutAddresses(line: string): string {
  let rest = line;
  for (let count = 0; count < MAX_ADDRESSES; count++) {
    const at = rest.indexOf("@");
    let start = at;
    while (start > 0 && !aroundAddress.has(rest[start - 1] ?? "")) start--;
    let end = at + 1;
    while (end < rest.length && !aroundAddress.has(rest[end] ?? "") && !behindAddress.has(rest[end] ?? ""))
      end++;
    if (at === -1 || start === at || end === at + 1) break;
    rest = `${rest.slice(0, start)} ${rest.slice(end)}`;
  }
  return rest;
}

/** In one attribution: some programs write the address twice, as its link. */
const MAX_ADDRESSES = 5;
const aroundAddress: ReadonlySet<string> = new Set(' \t\u00a0<>()[]@"');
const behindAddress: ReadonlySet<string> = new Set(",:;：");

/** `Ann Lee <ann@example.com> wrote:` and nothing else: who quotes somebody in a sentence gives no address in brackets. */
const addressAndVerb = new RegExp(
  `^(?:[^\\s<>]{1,40} ){1,5}<[^\\s<>@]{1,120}@[^\\s<>@]{1,120}> (?:${oneOf(verbs)})\\s?:?$`,
  "iu",
);

/** Characters of an attribution that gives nothing but a name. */
const MAX_BARE = 80;

/** A year or a date in figures with a day, or a day with a time: a time alone is told in many a sentence. */
function isDated(plain: string): boolean {
  if (numericDate.test(plain)) return true;
  const rest = plain.replace(year, " ");
  if (rest !== plain) return dayNumber.test(rest);
  const untimed = plain.replace(time, " ");
  return (untimed !== plain && dayNumber.test(untimed)) || monthDay.test(plain);
}

/** `Dec 9`, `9 déc`. */
const monthDay = /(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b/iu;

/** A date in figures, or a day of the week in front of one. */
const startsWithDate = /^(?:[\p{L}\p{M}]{1,12}[.,]{0,2}\s){0,2}\(?\d{1,4}(?:[\s./:年년-]|(?:st|nd|rd|th)\b)/u;

/** With an address, or a name next to the verb: "wrote Ann", "Ann wrote", but not "the manual wrote". */
const isNamed = (plain: string, hasAddress: boolean): boolean =>
  hasAddress ||
  !/(?:^|\s)(?:the|a|an|der|die|das|le|la|el|il|de|he|she|they|we|i) (?:[\p{Ll}\p{M}-]{1,40} ){0,2}wrote/u.test(
    plain,
  );

/** Without blanks, dashes, stars and bidirectional controls that mail clients add around an attribution. */
export function withoutMarks(line: string): string {
  let end = line.length;
  while (end > 0 && trailing.has(line[end - 1] ?? "")) end--;
  let start = 0;
  while (start < end && leading.has(line[start] ?? "")) start++;
  return line.slice(start, end);
}

const trailing: ReadonlySet<string> = new Set(" \t\r*-_=\u00a0\u200e\u200f\u202a\u202b\u202c\u2068\u2069");
const leading: ReadonlySet<string> = new Set(" \t\r\u00a0\u200e\u200f\u202a\u202b\u202c\u2068\u2069");
