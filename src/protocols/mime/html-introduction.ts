/** The lines above history in HTML: an attribution, or the header block of an earlier mail. */
import type { HtmlElement } from "./html-document.ts";
import { type HtmlLine, type HtmlLines, type LineRanges, withoutUnseen } from "./html-lines.ts";
import { isHead, type Mark, marksOf } from "./reply-lines.ts";
import { roleOf } from "./reply-phrases.ts";

/** Lines of a header block whose labels are in a tongue that is not known. */
const MAX_HEADER_LINES = 10;
/** Lines at the beginning of a quote that may introduce it: a header block with a line above. */
const MAX_INTRODUCTION = 12;

export interface Introduction {
  /** Lines. */
  readonly length: number;
  /** `marked`: an attribution that the program marked as one, so that it marks what is behind it, too. */
  readonly kind: "attribution" | "marked" | "header";
}

/** What the lines say of history, as they would in a text with `> ` in front of what is quoted. */
export class Introductions {
  readonly #lines: readonly HtmlLine[];
  readonly #ranges: LineRanges;
  readonly #texts: readonly string[];
  readonly #marks: readonly Mark[];

  constructor({ lines, ranges }: HtmlLines) {
    this.#lines = lines;
    this.#ranges = ranges;
    this.#texts = lines.map(({ text }) => withoutUnseen(text));
    this.#marks = this.#marksOf(0, lines.length, (at) => lines[at]?.around.quote ?? null);
  }

  /** The introduction that begins with the line; null when none does. */
  at(at: number): Introduction | null {
    const marked = this.#markedLength(at);
    if (marked > 0) return { length: marked, kind: "marked" };
    let length = 0;
    while (isHead(this.#marks[at + length])) length++;
    const last = this.#marks[at + length - 1];
    if (length > 0 && last === "header") return { length: this.#withRest(at, length), kind: "header" };
    if (length > 0 && !(last === "introduction" && this.#isNarrated(at, length)))
      return { length, kind: "attribution" };
    const header = this.#headerLength(at);
    return header > 0 ? { length: header, kind: "header" } : null;
  }

  /**
   * How many lines at the beginning of a quote introduce it: Apple Mail and others put the attribution into it.
   * @param inner the outermost quote inside the quote around each line
   */
  insideLength(at: number, end: number, inner: (line: number) => HtmlElement | null): number {
    const marks = this.#marksOf(at, Math.min(end, at + MAX_INTRODUCTION), inner);
    const length = marks.findIndex((mark) => !isHead(mark));
    return length === -1 ? marks.length : length;
  }

  isForward(at: number): boolean {
    return this.#marks[at] === "forward";
  }

  /** True when a forwarded mail begins with the line, which is the first of a quote. */
  isForwardInside(at: number, end: number): boolean {
    return this.#marksOf(at, Math.min(end, at + MAX_INTRODUCTION), () => null)[0] === "forward";
  }

  /** A line that a program without quotes in HTML marked as they are in text. */
  isMarked(at: number): boolean {
    return this.#texts[at]?.startsWith(">") === true;
  }

  /** The same of lines that are marked so. */
  isIntroducedInside(at: number, end: number): boolean {
    const inside = this.#texts.slice(at, Math.min(end, at + MAX_INTRODUCTION));
    return isHead(marksOf(inside.map((text) => text.replace(/^> ?/, "")))[0]);
  }

  #marksOf(from: number, end: number, quote: (line: number) => HtmlElement | null): Mark[] {
    const texts: string[] = [];
    const places: number[] = [];
    for (let at = from; at < end; at++) {
      const around = quote(at);
      if (at > from && (this.#lines[at]?.hasGap === true || around !== quote(at - 1))) texts.push("");
      places.push(texts.length);
      texts.push(around === null ? (this.#texts[at] ?? "") : `> ${this.#texts[at] ?? ""}`);
    }
    const marks = marksOf(texts);
    return places.map((place) => marks[place] ?? "text");
  }

  /** Fields under the subject, such as the importance. */
  #withRest(at: number, length: number): number {
    let end = at + length;
    while (
      end - at < MAX_HEADER_LINES &&
      roleOf(labelled.exec(this.#texts[end] ?? "")?.[1] ?? "") === "other"
    )
      end++;
    return end - at;
  }

  /** "He wrote" above a quote that no mail program marked may introduce a poem. */
  #isNarrated(at: number, length: number): boolean {
    const isNamed = this.#texts.slice(at, at + length).some((text) => /[\d@]|^--/.test(text));
    return !isNamed && this.#lines[at + length]?.around.quote?.mark === "plain";
  }

  #markedLength(at: number): number {
    const attribution = this.#lines[at]?.around.attribution ?? null;
    return attribution === null ? 0 : (this.#ranges.get(attribution)?.last ?? at - 1) - at + 1;
  }

  /** Behind a splitter labels in any tongue are a header block; behind a rule less is enough than elsewhere. */
  #headerLength(at: number): number {
    const line = this.#lines[at];
    if (line === undefined) return 0;
    let count = 0;
    while (count < MAX_HEADER_LINES && labelled.test(this.#texts[at + count] ?? "")) count++;
    if (count > 0 && line.around.splitter !== null) return count;
    if (line.rule === null) return 0;
    const fields = this.#texts.slice(at, at + Math.max(count, 1));
    const isShort =
      hasSenderAndDate(fields) || (line.around.rule !== null && hasSenderDateAndRecipient(fields));
    return isShort ? fields.length : 0;
  }
}

/** From with an address and a date, on two lines or on one. */
function hasSenderAndDate([line = "", next = ""]: readonly string[]): boolean {
  if (line.length + next.length > MAX_SENDER_AND_DATE) return false;
  const [from, ...others] = `${line} ${next}`.matchAll(label);
  const isDated = others.some(([, name = ""]) => roleOf(name) === "date");
  return from?.index === 0 && roleOf(from[1] ?? "") === "from" && isDated && line.includes("@");
}

/** Windows Mail writes names without addresses, and no subject when there is none. */
function hasSenderDateAndRecipient(fields: readonly string[]): boolean {
  const roles = fields.map((field) => roleOf(labelled.exec(field)?.[1] ?? ""));
  return roles[0] === "from" && roles.includes("date") && roles.includes("to");
}

/** Characters. */
const MAX_SENDER_AND_DATE = 300;
const label = /(?<![\p{L}\p{M}])(\p{L}[\p{L}\p{M}]{0,20})\s?[:：]/gu;
const labelled = /^[*\s]{0,3}(\p{L}[\p{L}\p{M} .'’-]{0,30})[*\s]{0,3}[:：]/u;
