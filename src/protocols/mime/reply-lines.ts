/** What each line of a mail is: empty, quoted, text, or one that says that history follows. */
import {
  attributionEndingAt,
  MAX_ATTRIBUTION,
  mayEndAttribution,
  oneOf,
  withoutMarks,
} from "./reply-attribution.ts";
import { headerBlockLength, isBlank, isLabel } from "./reply-header-block.ts";
import { forwardStems, originalMessage } from "./reply-phrases.ts";

/**
 * `attribution`, `delimiter` ("-----Original Message-----") and `header` (a header block) introduce history; `forward` is the head of
 * a forwarded mail. `introduction` is an attribution that is sure only because marked quotes follow. `signature` has legal footers.
 */
export type Mark =
  | "blank"
  | "quoted"
  | "text"
  | "attribution"
  | "introduction"
  | "delimiter"
  | "header"
  | "forward"
  | "signature";

export const isHead = (mark: Mark | undefined): boolean =>
  mark === "attribution" || mark === "introduction" || mark === "delimiter" || mark === "header";

/**
 * Lines that may introduce history of which each is looked at closely, which takes up to 25 µs: more are in no letter, and those behind
 * stay text.
 */
const MAX_CANDIDATES = 5_000;

/** The mark of each line. Linear: of every line a bounded number of others is looked at. */
export function marksOf(lines: readonly string[]): Mark[] {
  const marks: Mark[] = lines.map((line, at) => {
    if (isQuoted(line)) return isFoldedAddress(lines, at) ? "text" : "quoted";
    return isBlank(line) ? "blank" : "text";
  });
  markWrapped(lines, marks);
  let candidates = 0;
  for (let at = 0; at < lines.length && candidates < MAX_CANDIDATES; at++) {
    if (marks[at] !== "text" || !mayBeHead(lines[at] ?? "")) continue;
    candidates++;
    markHead(lines, marks, at);
  }
  return marks;
}

/** The cheap check first, since most lines are none: a rule, a label of a mail's header, or the end of an attribution. */
function mayBeHead(line: string): boolean {
  if (/^[\s*]{0,9}[-_=—]{2}/.test(line)) return true;
  const colon = firstColon(line);
  if (colon === -1 && !/[\d@>]/.test(line)) return false;
  if (colon !== -1 && colon <= MAX_LABEL && isLabel(line.slice(0, colon))) return true;
  return mayEndAttribution(withoutMarks(line));
}

/** As a search for `[:：]`, which takes longer: it is asked of each line. */
function firstColon(line: string): number {
  const [plain, wide] = [line.indexOf(":"), line.indexOf("：")];
  return plain === -1 || wide === -1 ? Math.max(plain, wide) : Math.min(plain, wide);
}

/** Characters of a label with the marks and blanks in front of it. */
const MAX_LABEL = 45;

export const isQuoted = (line: string): boolean => line.startsWith(">");

/** `>:` under `<ann@example.com`: a program broke the line in front of it. */
const isFoldedAddress = (lines: readonly string[], at: number): boolean =>
  /^>(?: ?\p{L}{1,12})?\s?:\s*$/u.test(lines[at] ?? "") &&
  /^[^<>]*<(?:[^<>]*<[^<>]*>)?[^<>]*$/.test(
    [lines[at - 2], lines[at - 1]]
      .map((line) => (line ?? "").slice(-130))
      .join(" ")
      .replace(/^>.*/, ""),
  );

/**
 * Answer and attribution on one line, or attribution and history, as HTML turned into text has them: parted, so that each is a line of
 * its own.
 */
export function parted(lines: readonly string[]): readonly string[] {
  if (!lines.some((line, at) => isShared(lines, line, at))) return lines;
  return lines.flatMap((line, at) => {
    if (!isShared(lines, line, at)) return [line];
    const end = line.endsWith("\r") ? "\r" : "";
    const bare = line.slice(0, line.length - end.length);
    const before = isAboveQuote(lines, at + 1) ? partedBefore(bare) : [];
    const parts = before.length === 2 ? before : partedBehind(bare);
    return parts.length === 2 ? parts.map((part) => part + end) : [line];
  });
}

/** The cheap check first: most lines have no colon in such a place. */
const isShared = (lines: readonly string[], line: string, at: number): boolean =>
  line.includes(":") &&
  !isQuoted(line) &&
  (/:\s{2,9}\S/.test(line.slice(0, MAX_ATTRIBUTION)) ||
    (/:\s*$/.test(line.slice(-9)) && isAboveQuote(lines, at + 1)));

const partedBefore = (line: string): readonly string[] =>
  line.length <= MAX_ATTRIBUTION && /:\s*$/.test(line) ? (shared.exec(line) ?? []).slice(1) : [];

/** Yahoo on phones writes the first line of the history behind the attribution, with blanks between. */
function partedBehind(line: string): readonly string[] {
  const at = line.slice(0, MAX_ATTRIBUTION).search(/:\s{2,9}\S/);
  if (at === -1) return [];
  const attribution = line.slice(0, at + 1);
  return attributionEndingAt([attribution], 0, 0)?.strength === "strong"
    ? [attribution, line.slice(at + 1)]
    : [];
}

const isAboveQuote = (lines: readonly string[], at: number): boolean =>
  [lines[at], lines[at + 1]].some((line) => line !== undefined && isQuoted(line));

const shared =
  /^((?!On |Am |Le |El |Il |Em |Op |Den |På ).*?\S)(?:\s{1,9}|\s{0,9}-{2,20}\s?)((?:On|Am|Le|El|Il|Em|Op|Den|På) (?:\p{L}{2,12}[.,]{0,2} (?:\p{L}{3,12}[.,]{0,2} )?)?\d.*)$/u;

function fill(marks: Mark[], from: number, length: number, mark: Mark): void {
  for (let at = from; at < from + length; at++) if (marks[at] !== "blank") marks[at] = mark;
}

function markHead(lines: readonly string[], marks: Mark[], at: number): void {
  const line = lines[at] ?? "";
  if (isForwardHead(lines, at)) {
    marks[at] = "forward";
    return;
  }
  if (originalMessageLine.test(line.slice(0, MAX_DELIMITER + 1))) {
    marks[at] = "delimiter";
    return;
  }
  const block = headerBlockLength(lines, at);
  if (block > 0) {
    fill(marks, at, block, "header");
    markRuleAbove(lines, marks, at);
    return;
  }
  markAttribution(lines, marks, at);
}

function markAttribution(lines: readonly string[], marks: Mark[], at: number): void {
  let first = at;
  while (first > 0 && at - first < MAX_FOLDS && (marks[first - 1] === "text" || lines[first] === "<"))
    first--;
  const attribution = attributionEndingAt(lines, at, first);
  if (attribution === null) return;
  const { lines: count, strength } = attribution;
  const isAboveQuotes = nextOf(marks, at + 1) === "quoted";
  if (strength === "strong" || isAboveQuotes)
    fill(marks, at - count + 1, count, strength === "strong" ? "attribution" : "introduction");
}

/** Lines that an attribution is folded into, besides its last. */
const MAX_FOLDS = 4;

/** The mark of the first line from there on that is not empty; empty lines in a row are looked at up to a bound. */
function nextOf(marks: readonly Mark[], from: number): Mark | undefined {
  let at = from;
  while (marks[at] === "blank" && at - from < MAX_GAP) at++;
  return marks[at];
}

/** Empty lines between an attribution and what it introduces. */
const MAX_GAP = 5;

/** A rule or a line between dashes directly above a header block belongs to it, whatever its tongue says. */
function markRuleAbove(lines: readonly string[], marks: Mark[], block: number): void {
  let at = block - 1;
  while (at >= 0 && marks[at] === "blank" && block - at <= 2) at--;
  const line = (lines[at] ?? "").slice(0, MAX_DELIMITER + 1);
  if (marks[at] === "text" && (rule.test(line) || betweenDashes.test(line))) marks[at] = "delimiter";
}

/** Characters of a line between dashes, and of a rule. */
const MAX_DELIMITER = 120;
const rule = /^\s{0,9}[-_=*—–]{3,120}\s*$/u;
const betweenDashes = /^\s{0,9}[-_=*—]{2,40} ?\p{L}.{0,60} ?[-_=*—]{2,40}\s*$/u;

const originalMessageLine = new RegExp(
  `^[\\s*_]{0,9}[-=_—]{1,40} ?(?:${oneOf(originalMessage)}) ?[-=_—]{0,40}[\\s*_:]{0,9}$`,
  "iu",
);

const forwardStem = new RegExp(oneOf(forwardStems), "iu");
const dashed = /^\s{0,9}[-=_*—]{2,40} ?\p{L}.{2,60}$/u;

/** "---------- Forwarded message", or Apple Mail's "Begin forwarded message:" above a header block. */
function isForwardHead(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? "";
  if (line.length > MAX_DELIMITER) return false;
  if (dashed.test(line)) return forwardStem.test(line);
  if (!/[:：]\s*$/u.test(line) || !forwardStem.test(line)) return false;
  let next = at + 1;
  while (next < lines.length && next - at <= MAX_GAP && isBlank(lines[next] ?? "")) next++;
  return headerBlockLength(lines, next) > 0 || headerBlockLength(unquoted(lines, next), 0) > 0;
}

/** The quoted lines there without one level of marks; as many as a header block needs. */
export function unquoted(lines: readonly string[], at: number): string[] {
  const inside = lines.slice(at, at + UNQUOTED_LINES);
  const end = inside.findIndex((line) => !isQuoted(line));
  return inside.slice(0, end === -1 ? undefined : end).map((line) => line.replace(/^> ?/, ""));
}

const UNQUOTED_LINES = 12;

/**
 * A line between two quoted ones, without a gap on either side, is the rest of a quoted line that was wrapped on its way, if that
 * one was long and the rest would not have fitted it. An answer in such a place is rare; it would be lost, so that whatever looks like
 * a sentence of its own is none.
 */
function markWrapped(lines: readonly string[], marks: Mark[]): void {
  for (let at = 1; at < lines.length - 1; at++) {
    if (marks[at] !== "text" || marks[at - 1] !== "quoted" || marks[at + 1] !== "quoted") continue;
    if (isRest(lines[at - 1] ?? "", lines[at] ?? "", lines[at + 1] ?? "")) marks[at] = "quoted";
  }
}

/** Columns: programs wrap at 72 to 80; what would have fitted there was not wrapped. */
const WRAPPED_FROM = 60;
const WRAPPED_AT = 72;

function isRest(quoted: string, line: string, next: string): boolean {
  const above = quoted.trimEnd();
  const rest = line.trim();
  if (isOpenLink(above) || /^\(?<?https?:\S*$/.test(rest.replace(/\s?>$/, ""))) return true;
  if (above.length < WRAPPED_FROM || /[.!?:;。！？]["”»)]?$/u.test(above)) return false;
  const word = rest.split(" ", 1)[0] ?? "";
  if (above.length + 1 + word.length <= WRAPPED_AT || rest.length > above.length) return false;
  // In the middle of a sentence, here or where the quote goes on.
  return /^[\p{Ll}\p{Lo}\d("'«„]/u.test(rest) || /^[> ]+\p{Ll}/u.test(next);
}

/** Ends inside `(https://...` or `<https://...`. */
const isOpenLink = (line: string): boolean => /[(<]\s?https?:[^\s()<>]*$/.test(line.slice(-MAX_ATTRIBUTION));
