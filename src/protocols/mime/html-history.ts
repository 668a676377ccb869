/** Which lines of an HTML body are history. What could be the sender's own is kept: history left in costs less than an answer lost. */
import type { HtmlElement } from "./html-document.ts";
import { type Introduction, Introductions } from "./html-introduction.ts";
import type { HtmlLine, HtmlLines, LineRange, LineRanges } from "./html-lines.ts";
import { MIN_UNINTRODUCED, type Place } from "./quoted-text.ts";

/** Lines of history that nothing of the sender's lies between; `end` is behind the last. */
export interface Block {
  readonly start: number;
  end: number;
}

/** Red, too, but added by a server. */
const warning = /caution|warning|external|extern|attention|achtung|vorsicht|do not click/i;

/** In order; null when a mail is forwarded, whose history is what its sender wants read. */
export function historyIn(body: HtmlLines, place: Place): readonly Block[] | null {
  const scan = new HistoryScan(body, place);
  return scan.run() ? scan.blocks : null;
}

class HistoryScan {
  readonly blocks: Block[] = [];
  readonly #lines: readonly HtmlLine[];
  readonly #ranges: LineRanges;
  readonly #place: Place;
  /** The first line in a quote from each line on. */
  readonly #nextQuoted: Uint32Array;
  readonly #introductions: Introductions;
  /** Quotes like one that had an attribution are quotes of that mail. */
  readonly #attributed = new Set<string>();
  /** True when there are lines marked as they are in text, with an attribution. */
  #hasMarked = false;

  constructor(body: HtmlLines, place: Place) {
    this.#lines = body.lines;
    this.#ranges = body.ranges;
    this.#place = place;
    this.#nextQuoted = nextQuoted(body.lines);
    this.#introductions = new Introductions(body);
  }

  /** False for a forward. */
  run(): boolean {
    let at = 0;
    while (at < this.#lines.length) {
      if (this.#isForward(at)) return this.blocks.length > 0;
      at = this.#next(at);
    }
    return true;
  }

  #isForward(at: number): boolean {
    const quote = this.#quoteAt(at);
    return quote === null
      ? this.#introductions.isForward(at)
      : this.#introductions.isForwardInside(at, this.#rangeOf(quote).last + 1);
  }

  /** Decides of the line and some behind it; returns the first that is left. */
  #next(at: number): number {
    const quote = this.#quoteAt(at);
    if (quote !== null) return this.#quote(quote, at);
    if (this.#introductions.isMarked(at)) return this.#marked(at, at);
    const container = this.#lines[at]?.around.container ?? null;
    const range = container === null ? null : this.#rangeOf(container);
    if (container?.mark === "mail" && range !== null && this.#mayCutUnmarked())
      return this.#cut(at, range.last + 1);
    const introduction = this.#introductions.at(at);
    if (introduction !== null) return this.#introduced(at, introduction, range);
    // Programs write quotes or an attribution into it: without either it is all history.
    if (range?.first === at && !this.#hasQuotes(range) && this.#mayCutUnmarked())
      return this.#cut(at, range.last + 1);
    return at + 1;
  }

  /** In a mail that answers none only quotes with an attribution are history. */
  #mayCutUnmarked(): boolean {
    return this.#place !== "other";
  }

  #quote(quote: HtmlElement, at: number): number {
    const length = this.#insideLength(quote, at);
    const isKnown = this.#attributed.has(quote.signature) || quote.around.container !== null;
    const isOfMail = isKnown || (quote.mark === "quote" && this.#mayCutUnmarked());
    return length > 0 || (isOfMail && !this.#isAnnounced(at))
      ? this.#cutQuote(quote, at, at + length)
      : this.#rangeOf(quote).last + 1;
  }

  /** Behind a colon a quote that nobody introduces is what the sender writes about. */
  #isAnnounced(at: number): boolean {
    return at > 0 && this.blocks.at(-1)?.end !== at && /[:：]$/u.test(this.#lines[at - 1]?.text ?? "");
  }

  /**
   * A quote that begins with a quote nobody introduced may be a mail answered between its quotes: what is between them stays.
   * @param content the line behind what introduces the quote
   */
  #cutQuote(quote: HtmlElement, at: number, content: number): number {
    const end = this.#rangeOf(quote).last + 1;
    this.#attributed.add(quote.signature);
    const inner = this.#innerQuote(quote, content);
    if (inner === null && this.#isAnswered(content, end, true)) return end;
    if (inner === null || this.#insideLength(inner, content) > 0) return this.#cut(at, end);
    this.#cut(at, content);
    for (let line = content; line < end; line++)
      if (this.#innerQuote(quote, line) !== null) this.#cut(line, line + 1);
    return end;
  }

  #insideLength(quote: HtmlElement, at: number): number {
    const end = this.#rangeOf(quote).last + 1;
    return this.#introductions.insideLength(at, end, (line) => this.#innerQuote(quote, line));
  }

  /** The outermost quote inside the quote around the line. */
  #innerQuote(quote: HtmlElement, at: number): HtmlElement | null {
    const { around, element } = this.#lines[at] ?? { around: null, element: null };
    if (around?.quote === quote) return around.innerQuote;
    let inner: HtmlElement | null = null;
    for (let each = element; each !== null && each !== quote; each = each.parent)
      if (each.mark === "quote" || each.mark === "plain") inner = each;
    return inner;
  }

  /** @param container the lines of the container around the introduction */
  #introduced(at: number, { length, kind }: Introduction, container: LineRange | null): number {
    const next = this.#behind(at + length);
    const quote = this.#quoteAt(next);
    if (quote !== null) {
      this.#cut(at, next);
      return this.#cutQuote(quote, next, next + this.#insideLength(quote, next));
    }
    if (this.#introductions.isMarked(next)) return this.#marked(at, next);
    if (!this.#mayCutUnmarked()) return next;
    if (next >= this.#lines.length) return this.#isAlone(at, kind) ? next : this.#cut(at, next);
    if (kind === "marked" || (container !== null && this.#hasQuotes({ ...container, first: next })))
      return this.#cut(at, next);
    const end = container === null ? this.#endOfMail(at, next) : container.last + 1;
    return this.#isAnswered(at, end, false) ? end : this.#cut(at, end);
  }

  /** The line behind further introductions. */
  #behind(from: number): number {
    let at = from;
    while (at < this.#lines.length && this.#quoteAt(at) === null) {
      const more = this.#introductions.at(at);
      if (more === null) break;
      at += more.length;
    }
    return at;
  }

  /** A header block of nothing is a form that has been filled in, unless a rule is drawn above it. */
  #isAlone(at: number, kind: Introduction["kind"]): boolean {
    return kind === "header" && this.#lines[at]?.rule === null;
  }

  /** True when the sender has typed into it; other programs than Outlook on the web quote its marks as they are. */
  #isAnswered(at: number, end: number, isQuote: boolean): boolean {
    for (let line = at; line < end; line++) {
      const { around, isRed, text } = this.#lines[line] ?? {};
      if (!isQuote && around?.isTyped === true) return true;
      if (isRed === true && around?.innerQuote === null && !warning.test(text ?? "")) return true;
    }
    return false;
  }

  /** Lines marked as quoted in text, behind what introduces them from `at` on, if anything does. */
  #marked(at: number, next: number): number {
    let end = next;
    while (end < this.#lines.length && this.#introductions.isMarked(end)) end++;
    const isIntroduced = next > at || this.#introductions.isIntroducedInside(at, end);
    const isTrailing = end === this.#lines.length && end - at >= MIN_UNINTRODUCED && this.#mayCutUnmarked();
    if (!isIntroduced && !((this.#hasMarked || isTrailing) && !this.#isAnnounced(at))) return end;
    this.#hasMarked = true;
    return this.#cut(at, end);
  }

  /**
   * Where a mail ends that nothing marks: with the element that begins with its head, if that element has more of it. Without
   * text above, which would end the search, the smallest such element.
   */
  #endOfMail(at: number, next: number): number {
    let end = this.#lines.length;
    for (let element = this.#lines[at]?.element ?? null; element !== null; element = element.parent) {
      const range = this.#ranges.get(element);
      if (range === undefined || element.name === "p") continue;
      if (range.first < at) break;
      if (range.last >= next) end = range.last + 1;
      if (range.last >= next && at === 0) break;
    }
    return end;
  }

  #hasQuotes({ first, last }: LineRange): boolean {
    return (this.#nextQuoted[first] ?? last + 1) <= last;
  }

  #quoteAt(at: number): HtmlElement | null {
    return this.#lines[at]?.around.quote ?? null;
  }

  #rangeOf(element: HtmlElement): LineRange {
    return this.#ranges.get(element) ?? { first: 0, last: -1 };
  }

  #cut(start: number, end: number): number {
    const last = this.blocks.at(-1);
    if (last !== undefined && last.end >= start) last.end = end;
    else if (end > start) this.blocks.push({ start, end });
    return end;
  }
}

function nextQuoted(lines: readonly HtmlLine[]): Uint32Array {
  const next = new Uint32Array(lines.length);
  for (let at = lines.length - 1, found = lines.length; at >= 0; at--) {
    if (lines[at]?.around.quote !== null) found = at;
    next[at] = found;
  }
  return next;
}
