/** The source of an HTML body without some of its lines. */
import type { HtmlDocument, HtmlElement, Piece } from "./html-document.ts";
import type { HtmlLine } from "./html-lines.ts";

/**
 * The rest as it was written, but balanced: end tags that were left out are written, those that end nothing are not. An element goes when it
 * showed something and all of it was cut, or when it is an empty one between lines that were.
 * @param isCut for each line
 */
export function withoutLines(
  html: string,
  { pieces }: HtmlDocument,
  lines: readonly HtmlLine[],
  isCut: readonly boolean[],
): string {
  const isGone = piecesBetween(pieces, lines, isCut);
  const kept = countKept(pieces, lines, isCut);
  const gone = runningCount(isGone);
  const stays = ({ open, close }: HtmlElement): boolean =>
    (kept[close + 1] ?? 0) > (kept[open] ?? 0) || (gone[close + 1] ?? 0) === (gone[open] ?? 0);
  const written: string[] = [];
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at];
    if (piece === undefined) break;
    if (piece.kind === "open" && !stays(piece.element)) at = piece.element.close;
    else if (piece.kind === "open" || piece.kind === "close") written.push(tag(html, piece));
    else if (isGone[at] !== 1) written.push(html.slice(piece.start, piece.end));
  }
  return written.join("");
}

/** 1 for each piece from the first of a cut line, or the rule above it, to the last of the cut lines behind it. */
function piecesBetween(
  pieces: readonly Piece[],
  lines: readonly HtmlLine[],
  isCut: readonly boolean[],
): Uint8Array {
  const marks = new Uint8Array(pieces.length);
  let end = -1;
  for (const [at, line] of lines.entries()) {
    if (isCut[at] !== true) end = -1;
    else {
      const start = end === -1 ? (line.rule ?? line.first) : end + 1;
      marks.fill(1, start, line.last + 1);
      end = line.last;
    }
  }
  return marks;
}

/** How many visible pieces of kept lines are before each piece. */
function countKept(
  pieces: readonly Piece[],
  lines: readonly HtmlLine[],
  isCut: readonly boolean[],
): Uint32Array {
  const marks = new Uint8Array(pieces.length);
  for (const [at, { first, last }] of lines.entries())
    if (isCut[at] !== true) {
      marks[first] = 1;
      marks[last] = 1;
      for (let piece = first; piece < last; piece++) if (pieces[piece]?.kind === "text") marks[piece] = 1;
    }
  return runningCount(marks);
}

function runningCount(marks: Uint8Array): Uint32Array {
  const counts = new Uint32Array(marks.length + 1);
  let count = 0;
  for (let at = 0; at < marks.length; at++) {
    count += marks[at] ?? 0;
    counts[at + 1] = count;
  }
  return counts;
}

function tag(
  html: string,
  { kind, element, start, end, isVoid }: Extract<Piece, { kind: "open" | "close" }>,
): string {
  if (kind === "close") return isVoid ? "" : end > start ? html.slice(start, end) : `</${element.name}>`;
  if (end === start) return `<${element.name}>`;
  const source = html.slice(start, end);
  // The slash of an element that is not void means nothing to HTML, and closes it for XML.
  return !isVoid && selfClosing.test(source) ? `${source.slice(0, -2)}>` : source;
}

const selfClosing = /^<[^\s>]+\/>$|["'\s]\/>$/;
