/** Which lines of an HTML body are the reply: not history, nor a signature or a footer. */
import { type Block, historyIn } from "./html-history.ts";
import type { HtmlLine, HtmlLines } from "./html-lines.ts";
import type { Place } from "./quoted-text.ts";
import { answersBelow } from "./reply-below.ts";
import { unsignedLength } from "./reply-signature.ts";

/** Lines of an element that a program marks as the signature: what is longer has been written into. */
const MAX_SIGNATURE_LINES = 20;
/** Lines at the end of a text among which footers and signatures are looked for. */
const MAX_TAIL = 120;

/** True for each line that is not the reply; null when all lines are. */
export function cutLines(body: HtmlLines, place: Place): readonly boolean[] | null {
  const blocks = historyIn(body, place);
  if (blocks === null) return null;
  const { lines } = body;
  const isSigned = place === "other" ? lines.map(() => false) : signedLines(lines, blocks);
  const history = lines.map(() => false);
  for (const { start, end } of unansweredBlocks(lines, blocks, isSigned)) history.fill(true, start, end);
  const all = history.map((is, at) => is || isSigned[at] === true);
  // What is nothing but history and signature is history with a note, or a signature alone.
  const cut = [all, history].find((each) => each.includes(false));
  return cut?.includes(true) === true ? cut : null;
}

/**
 * Answers between several blocks make no sense without them; below one, they do. Where the sender announces answers below
 * and none are seen, they are inside the history.
 */
function unansweredBlocks(
  lines: readonly HtmlLine[],
  blocks: readonly Block[],
  isSigned: readonly boolean[],
): readonly Block[] {
  const isAnswered = blocks.map(({ end }, at) =>
    isSigned.slice(end, blocks[at + 1]?.start ?? lines.length).includes(false),
  );
  const last = isAnswered.lastIndexOf(true);
  if (isAnswered.indexOf(true) < last) return blocks.slice(last + 1);
  const above = lines.slice(0, blocks[0]?.start ?? 0);
  return last === -1 && answersBelow(above.map(({ text }) => text)) ? [] : blocks;
}

/** Signatures above the first block of history and below the last. */
function signedLines(lines: readonly HtmlLine[], blocks: readonly Block[]): boolean[] {
  const isSigned = lines.map(() => false);
  const first = blocks[0]?.start ?? lines.length;
  sign(lines, isSigned, 0, first);
  sign(lines, isSigned, Math.max(first, blocks.at(-1)?.end ?? first), lines.length);
  return isSigned;
}

function sign(lines: readonly HtmlLine[], isSigned: boolean[], start: number, end: number): void {
  let last = end;
  /** Behind what a program marks as the signature and its sender has written into. */
  let written = start;
  for (let at = start; at < last; ) {
    const length = markedLength(lines, at, end);
    const behind = at + Math.max(length, 1);
    if (length > 0 && isPlain(lines.slice(at, behind))) {
      isSigned.fill(true, at, behind);
      if (behind >= last) last = at;
    } else if (length > 0) written = behind;
    at = behind;
  }
  const tail = Math.max(written, last - MAX_TAIL);
  const unsigned = [true, false].map((isParted) => unsignedOf(lines.slice(tail, last), isParted));
  isSigned.fill(true, tail + Math.min(...unsigned), last);
}

/** @param isParted true to take each line as a paragraph, which footers are that have no gap above */
function unsignedOf(lines: readonly HtmlLine[], isParted: boolean): number {
  const texts: string[] = [];
  const ends: number[] = [];
  for (const { text, hasGap } of lines) {
    if (texts.length > 0 && (hasGap || isParted)) texts.push("");
    texts.push(text);
    ends.push(texts.length);
  }
  const length = unsignedLength(texts);
  return ends.filter((end) => end <= length).length;
}

/** Lines from there on of the element that is marked as the signature; 0 when there is none. */
function markedLength(lines: readonly HtmlLine[], at: number, end: number): number {
  const signature = lines[at]?.around.signature ?? null;
  let behind = at;
  while (signature !== null && behind < end && lines[behind]?.around.signature === signature) behind++;
  return behind - at;
}

/** False for one that has been written into. */
const isPlain = (signature: readonly HtmlLine[]): boolean =>
  signature.length <= MAX_SIGNATURE_LINES && signature.every(({ text }) => !/[?？]$/u.test(text));
