/** Signatures and footers under a reply, where a mark says that they are none of its words. */
import { isBlank } from "./reply-header-block.ts";
import { footers, mailDevices, mailPrograms, sentFrom, sentFromEndings, sentWith } from "./reply-phrases.ts";

/** Lines with text under `-- `: the four of RFC 3676 section 4.3, and the legal footers of the world. */
const MAX_LINES = 20;
/** The same under `--` without its blank, which is also written between two parts of a letter. */
const MAX_UNSURE_LINES = 10;
/** Characters of a line under it: what is longer is a paragraph of the letter. */
const MAX_UNSURE_LINE = 90;
/** Characters of `Sent from my iPhone` with a link. */
const MAX_SENT_WITH = 160;
/** Footers and lines of programs under one another. */
const MAX_ROUNDS = 5;

/** How many of the lines, from the first, are not signature; 0 when all of them are. */
export function unsignedLength(lines: readonly string[]): number {
  let end = withoutTrailingBlanks(lines, lines.length);
  for (let round = 0; round < MAX_ROUNDS && end > 0; round++) {
    const shorter = withoutTrailingBlanks(lines, shorten(lines, end));
    if (shorter === end) break;
    end = shorter;
  }
  return end;
}

function withoutTrailingBlanks(lines: readonly string[], from: number): number {
  let end = from;
  while (end > 0 && isBlank(lines[end - 1] ?? "")) end--;
  return end;
}

function shorten(lines: readonly string[], end: number): number {
  if (isSentWith(lines[end - 1] ?? "")) return end - 1;
  const paragraph = paragraphStart(lines, end);
  if (isFooter(lines.slice(paragraph, end))) return paragraph;
  return signatureStart(lines, end);
}

/** The first line of the last paragraph, looked for as far as a signature may reach. */
function paragraphStart(lines: readonly string[], end: number): number {
  let start = end - 1;
  while (start > 0 && end - start < MAX_LINES && !isBlank(lines[start - 1] ?? "")) start--;
  return Math.max(start, 0);
}

/** The line of the last delimiter that has the rest as its signature; `end` without one. */
function signatureStart(lines: readonly string[], end: number): number {
  let seen = 0;
  for (let at = end - 1; at >= 0 && seen <= MAX_LINES; at--) {
    const line = lines[at] ?? "";
    if (isBlank(line)) continue;
    if (line.startsWith("-- ") && line.trim() === "--")
      return speaksIn(lines, gapAfter(lines, at, end), end) ? end : at;
    if (isBareDelimiter(line)) return isUnsure(lines, at, end) ? end : at;
    if (line.startsWith("__") && /^_{2,60}\s*$/.test(line) && isListFooter(lines, at, end)) return at;
    seen++;
  }
  return end;
}

/** The first empty line of a signature: what is written below it may be a postscript. */
function gapAfter(lines: readonly string[], delimiter: number, end: number): number {
  let at = delimiter + 1;
  while (at < end && !isBlank(lines[at] ?? "")) at++;
  return at;
}

const isBareDelimiter = (line: string): boolean => line === "--" || line === "--\u00a0";

/** Several of them part a letter; under one there may be another part of it. */
function isUnsure(lines: readonly string[], delimiter: number, end: number): boolean {
  const below = lines.slice(delimiter + 1, end).filter((line) => !isBlank(line));
  return (
    below.length > MAX_UNSURE_LINES ||
    below.some((line) => line.length > MAX_UNSURE_LINE) ||
    speaksIn(lines, delimiter + 1, end) ||
    lines.slice(0, delimiter).some(isBareDelimiter)
  );
}

/** True when a line there is a sentence to the reader, and names no address, as the footers of lists do. */
const speaksIn = (lines: readonly string[], start: number, end: number): boolean =>
  lines
    .slice(start, end)
    .some((line) => sentence.test(line.slice(0, MAX_SENTENCE)) && !/@|https?:|www\./.test(line));

const MAX_SENTENCE = 500;
/** A question, or five words and a full stop. */
const sentence = /[?？]|^(?:\S{1,40}\s){4,60}\S{1,40}[.!。]\s*$/u;

/** What Mailman appends: a rule, the name of the list, its address. */
const isListFooter = (lines: readonly string[], at: number, end: number): boolean =>
  lines.slice(at + 1, Math.min(end, at + 4)).some((line) => /mailing list|listinfo|mailman/i.test(line));

function isFooter(paragraph: readonly string[]): boolean {
  const start = (paragraph[0] ?? "")
    .slice(0, 80)
    .trim()
    .toLowerCase()
    .replace(/^[*_"]{1,3}/, "");
  if (start === "disclaimer") return true;
  const length = paragraph.reduce((sum, line) => sum + line.length, 0);
  return length >= MIN_FOOTER && footers.some((footer) => start.startsWith(footer));
}

/** Characters of a footer: "This email is confidential. Tell nobody." is the sender's own. */
const MIN_FOOTER = 50;

/** `Sent from my iPhone`, `Get Outlook for iOS`: a few words and the name of a program or device. */
function isSentWith(whole: string): boolean {
  if (whole.length > MAX_SENT_WITH) return false;
  const line = whole
    .replace(/<[^<>]*>|\[https?:[^[\]]*\]|\(https?:[^()]*\)|https?:\S*/g, "")
    .replace(/[[\]]/g, "")
    .replace(/\.\s*$/, "")
    .trim();
  // A sentence of the sender's own: "Sent from my phone, please excuse the brevity of my answer. Call me."
  if (/[,;!?]|[.:]\s\S/.test(line) || line.split(" ").length > MAX_SENT_WITH_WORDS) return false;
  if (/^Sent from my \p{Lu}/u.test(line)) return true;
  const folded = line.toLowerCase();
  if (/\boutlook\b/.test(folded)) return /\b(?:ios|android)\b/.test(folded);
  const names = (list: readonly string[]): boolean => list.some((name) => folded.includes(name));
  const starts = (list: readonly string[]): boolean => list.some((start) => folded.startsWith(start));
  if (starts(sentWith)) return names(mailPrograms);
  const isFrom = starts(sentFrom) || sentFromEndings.some((ending) => folded.endsWith(ending));
  return isFrom && (names(mailDevices) || names(mailPrograms));
}

const MAX_SENT_WITH_WORDS = 7;
