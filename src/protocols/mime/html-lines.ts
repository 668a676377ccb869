/** HTML as the lines that a reader sees, for what is written in lines: attributions and the heads of earlier mails. */
import {
  type Around,
  type HtmlDocument,
  type HtmlElement,
  nothingAround,
  type Piece,
  type Tag,
} from "./html-document.ts";

export interface HtmlLine {
  /** As displayed: white space runs are one blank, except in preformatted text. Empty for an image alone. */
  readonly text: string;
  /** Indexes of its first and last visible piece. */
  readonly first: number;
  readonly last: number;
  /** True when an empty line is displayed above it. */
  readonly hasGap: boolean;
  /** The index of a rule drawn between the line before and this one; null when there is none. */
  readonly rule: number | null;
  /** The innermost element around its first piece. */
  readonly element: HtmlElement | null;
  readonly around: Around;
  /** True when some of it is red. */
  readonly isRed: boolean;
}

/** Indexes of the lines that have something of the element, `first` above `last` when it shows nothing. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

export interface HtmlLines {
  readonly lines: readonly HtmlLine[];
  readonly ranges: LineRanges;
}

/** Of block elements, and of those with a mark; others begin and end within lines. */
export interface LineRanges {
  get(element: HtmlElement): LineRange | undefined;
}

/** Linear in the number of pieces and the length of their text. */
export function linesOf({ pieces }: HtmlDocument): HtmlLines {
  const reader = new LineReader(pieces.length);
  pieces.forEach((piece, at) => {
    reader.read(piece, at);
  });
  reader.end();
  return { lines: reader.lines, ranges: reader.ranges };
}

/** The lines as plain text, an empty one where the HTML shows a gap. */
export function textOfLines(lines: readonly HtmlLine[]): string {
  const parts: string[] = [];
  for (const { text, hasGap } of lines) {
    if (text === "") continue;
    if (parts.length > 0) parts.push(hasGap ? "\n\n" : "\n");
    parts.push(text);
  }
  return parts.join("");
}

/** By the index of the start tag; 0 is none. */
class Ranges implements LineRanges {
  readonly #firsts: Uint32Array;
  readonly #ends: Uint32Array;

  constructor(pieces: number) {
    this.#firsts = new Uint32Array(pieces);
    this.#ends = new Uint32Array(pieces);
  }

  open({ open }: HtmlElement, line: number): void {
    this.#firsts[open] = line + 1;
    this.#ends[open] = line;
  }

  close({ open }: HtmlElement, line: number): void {
    this.#ends[open] = line;
  }

  get({ open }: HtmlElement): LineRange | undefined {
    const first = this.#firsts[open] ?? 0;
    return first === 0 ? undefined : { first: first - 1, last: (this.#ends[open] ?? 0) - 1 };
  }
}

class LineReader {
  readonly lines: HtmlLine[] = [];
  readonly ranges: Ranges;
  #texts: string[] = [];
  #first: number | null = null;
  #last = 0;
  #element: HtmlElement | null = null;
  #hasGap = false;
  #isRed = false;
  #rule: number | null = null;

  constructor(pieces: number) {
    this.ranges = new Ranges(pieces);
  }

  read(piece: Piece, at: number): void {
    if (piece.kind === "text") this.#text(piece.text, piece.element, at);
    else if (piece.kind === "open") this.#open(piece, at);
    else if (piece.kind === "close") this.#close(piece);
  }

  end(): void {
    this.#endLine();
  }

  #open({ element }: Tag, at: number): void {
    if (element.isHidden) return;
    if (element.name === "br") this.#break();
    else if (element.name === "img") this.#see("", element.parent, at);
    else if (cells.has(element.name)) this.#blank();
    if (!isBlock(element)) return;
    this.#endLine();
    if (element.mark === "rule" || element.mark === "splitter") this.#rule ??= at;
    if (isParted(element)) this.#hasGap = true;
    this.ranges.open(element, this.lines.length);
  }

  #close({ element }: Tag): void {
    if (element.isHidden || !isBlock(element)) return;
    this.#endLine();
    this.ranges.close(element, this.lines.length);
    if (isParted(element)) this.#hasGap = true;
  }

  #text(text: string, element: HtmlElement | null, at: number): void {
    if (element?.isHidden === true) return;
    const isShown = hasWords(text);
    if (isShown) this.#see(text, element, at);
    else if (this.#first !== null) this.#texts.push(text);
    else if (text.includes("\u00a0")) this.#hasGap = true;
    if (element?.isPreformatted !== true || !text.endsWith("\n")) return;
    if (this.#first === null) this.#hasGap = true;
    this.#endLine();
  }

  #see(text: string, element: HtmlElement | null, at: number): void {
    if (this.#first === null) {
      this.#first = at;
      this.#element = element;
    }
    this.#last = at;
    this.#isRed ||= element?.around.isRed === true;
    this.#texts.push(text);
  }

  #blank(): void {
    if (this.#first !== null) this.#texts.push(" ");
  }

  /** One ends a line, the next leaves an empty one. */
  #break(): void {
    if (this.#first === null) this.#hasGap = true;
    else this.#endLine();
  }

  #endLine(): void {
    if (this.#first === null) return;
    const joined = this.#texts.join("");
    this.lines.push({
      text:
        this.#element?.isPreformatted === true ? joined.trimEnd() : joined.replaceAll(/\s+/gu, " ").trim(),
      first: this.#first,
      last: this.#last,
      hasGap: this.#hasGap && this.lines.length > 0,
      rule: this.#rule,
      element: this.#element,
      around: this.#element?.around ?? nothingAround,
      isRed: this.#isRed,
    });
    this.#texts = [];
    this.#first = null;
    this.#isRed = false;
    this.#hasGap = false;
    this.#rule = null;
  }
}

/** Characters that show nothing, besides blanks: soft hyphens, joiners and marks of direction. */
const unseen = String.raw`\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff`;
const seen = new RegExp(String.raw`[^\s${unseen}]`, "u");
const anyUnseen = new RegExp(`[${unseen}]`, "gu");

const hasWords = (text: string): boolean => seen.test(text);

export const withoutUnseen = (text: string): string => text.replaceAll(anyUnseen, "");

const cells: ReadonlySet<string> = new Set(["td", "th"]);

const isBlock = ({ name, mark }: HtmlElement): boolean => mark !== null || blocks.has(name);

const blocks: ReadonlySet<string> = new Set(
  (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer form " +
    "h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section summary table tbody textarea tfoot thead tr ul"
  ).split(" "),
);

/** Elements with a margin above and below. */
const isParted = ({ name }: HtmlElement): boolean => parted.has(name);

const parted: ReadonlySet<string> = new Set(
  "blockquote dl figure h1 h2 h3 h4 h5 h6 hr menu ol p pre table ul".split(" "),
);
