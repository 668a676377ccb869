/**
 * Quoted history in plain text: each line is classified (`reply-lines.ts`), then one decision is made over all of them. Words of the
 * sender's that are cut are lost to a reader of the reply, while history that stays is only read twice: what is in doubt is kept.
 */
import { attributionEndingAt } from "./reply-attribution.ts";
import { answersBelow } from "./reply-below.ts";
import { headerBlockLength } from "./reply-header-block.ts";
import { isHead, type Mark, marksOf, parted, unquoted } from "./reply-lines.ts";
import { unsignedLength } from "./reply-signature.ts";

/** What the header says: an answer to a mail, no answer, or nothing that is known. */
export type Place = "answer" | "other" | "unknown";

/** A text of more lines is left whole: it is no letter. */
const MAX_LINES = 50_000;

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The text without quoted history, signature and legal footer. Whole when nothing is left otherwise, when it is a forward, and in its
 * quoting part when answers lie between the quotes, which make no sense alone.
 */
export function withoutQuotedText(text: string, place: Place): string {
  const whole = text.split("\n", MAX_LINES + 1);
  if (whole.length > MAX_LINES) return text;
  const lines = parted(whole);
  const bare = text.includes("\r") ? lines.map((line) => line.replace(/\r$/, "")) : lines;
  const marks = marksOf(bare);
  // A mail that answers nothing is its sender's as a whole.
  if (place !== "other") markSignature(bare, marks, lastMarked(marks) + 1, marks.length);
  const start = historyStart(bare, marks, place);
  if (start === "forward") return text;
  if (start !== null && place !== "other") markSignature(bare, marks, 0, start);
  if (start === null && !marks.includes("signature")) return text;
  const history = start === null ? [] : historyRanges(bare, marks, start);
  const unquoted = without(lines, history);
  const unsigned = unquoted.filter((_line, at) => marks[at] !== "signature");
  const kept = [unsigned, unquoted].map((each) => each.filter((line) => line !== null).join("\n"));
  return kept.find((each) => each.trim() !== "") ?? text;
}

function without(lines: readonly string[], ranges: readonly Range[]): (string | null)[] {
  const left: (string | null)[] = [...lines];
  for (const { start, end } of ranges) left.fill(null, start, end);
  return left;
}

const lastMarked = (marks: readonly Mark[]): number =>
  marks.findLastIndex((mark) => mark !== "text" && mark !== "blank");

function markSignature(lines: readonly string[], marks: Mark[], start: number, end: number): void {
  const unsigned = start + unsignedLength(lines.slice(start, end));
  for (let at = unsigned; at < end; at++) if (marks[at] === "text") marks[at] = "signature";
}

/** What is to be cut of the history that begins there. Where the sender announces answers below and none are seen, they are inside it. */
function historyRanges(lines: readonly string[], marks: readonly Mark[], first: number): readonly Range[] {
  const blocks = blocksFrom(lines, marks, first);
  const isAnswered = blocks.map(({ end }, at) =>
    marks.slice(end, blocks[at + 1]?.start ?? marks.length).includes("text"),
  );
  const last = isAnswered.lastIndexOf(true);
  // Answers between several blocks make no sense without them; below one, they do.
  if (isAnswered.indexOf(true) < last) return blocks.slice(last + 1);
  return last === -1 && answersBelow(lines.slice(0, first)) ? [] : blocks;
}

/** The first line that introduces history. */
function historyStart(
  lines: readonly string[],
  marks: readonly Mark[],
  place: Place,
): number | "forward" | null {
  const lastWords = marks.findLastIndex((mark) => mark === "text" || isHead(mark));
  for (let at = 0; at < marks.length; at++) {
    const mark = marks[at];
    if (mark === "forward") return "forward";
    if (isHead(mark)) {
      if (place !== "other" || followedByQuotes(marks, at)) return at;
      return null;
    }
    if (mark === "quoted") {
      if (marks[at - 1] !== "quoted" && isIntroduced(lines, at)) return at;
      const end = quotedEnd(marks, at);
      if (end > lastWords && isTrailingHistory(lines, marks, { start: at, end }, place)) return at;
      at = end - 1;
    }
  }
  return null;
}

/** An attribution above marked quotes is history even in a mail whose header names no mail that it answers. */
function followedByQuotes(marks: readonly Mark[], start: number): boolean {
  let at = start;
  while (marks[at] === "attribution" || marks[at] === "introduction" || marks[at] === "blank") at++;
  return marks[at] === "quoted";
}

/** Apple Mail and others mark the attribution or the header block itself as quoted. */
function isIntroduced(lines: readonly string[], at: number): boolean {
  const inside = unquoted(lines, at);
  if (headerBlockLength(inside, 0) > 0) return true;
  return inside.slice(0, 3).some((_line, end) => attributionEndingAt(inside, end, 0)?.strength === "strong");
}

/** Where the quoted lines end, with empty ones between. */
function quotedEnd(marks: readonly Mark[], start: number): number {
  let end = start;
  for (let at = start; at < marks.length; at++) {
    if (marks[at] === "quoted") end = at + 1;
    else if (marks[at] !== "blank") break;
  }
  return end;
}

/** Quoted lines that nothing introduces: fewer may be an arrow, or a line of code. */
export const MIN_UNINTRODUCED = 3;

/**
 * Quoted lines that nobody introduces are history only at the end of an answer, which the caller looks for: with text below they are
 * what the mail is about, and so they are behind a colon.
 */
function isTrailingHistory(
  lines: readonly string[],
  marks: readonly Mark[],
  { start, end }: Range,
  place: Place,
): boolean {
  if (place === "other" || isAnnounced(lines, marks, start)) return false;
  const quoted = lines.slice(start, end).filter((_line, at) => marks[start + at] === "quoted");
  // Marks without a word behind them quote nothing.
  const isEmpty = quoted.every((line) => !/[^>\s]/.test(line));
  return quoted.length >= MIN_UNINTRODUCED || isEmpty;
}

/** True when the text above ends with a colon, and is no attribution: the sender shows something. */
function isAnnounced(lines: readonly string[], marks: readonly Mark[], start: number): boolean {
  let above = start - 1;
  while (above >= 0 && marks[above] === "blank") above--;
  return marks[above] === "text" && /[:：]\s*$/u.test(lines[above] ?? "");
}

/** Blocks of history from there on: each a head with what it introduces, or quoted lines. */
function blocksFrom(lines: readonly string[], marks: readonly Mark[], first: number): readonly Range[] {
  const blocks: Range[] = [];
  let at = first;
  while (at < marks.length) {
    const end = blockEnd(marks, at);
    blocks.push({ start: at, end });
    at = nextBlock(lines, marks, end);
  }
  return blocks;
}

/** Not every mail client marks quoted lines: after a head that no quotes follow all is history. */
function blockEnd(marks: readonly Mark[], start: number): number {
  let at = start;
  while (at < marks.length && (isHead(marks[at]) || marks[at] === "blank")) at++;
  return marks[at] === "quoted" ? quotedEnd(marks, at) : marks.length;
}

function nextBlock(lines: readonly string[], marks: readonly Mark[], from: number): number {
  for (let at = from; at < marks.length; at++) {
    if (isHead(marks[at])) return at;
    if (marks[at] !== "quoted") continue;
    if (!isAnnounced(lines, marks, at)) return at;
    at = quotedEnd(marks, at) - 1;
  }
  return marks.length;
}
