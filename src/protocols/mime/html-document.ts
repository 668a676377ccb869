/** HTML as a list of its tags and texts in the order of the source, each with its place there. */
import { BoundedParser } from "../markup/bounded-parser.ts";
import { isHidden, isPreformatted, isRed, isTyped, type Mark, markOf, signatureOf } from "./html-marks.ts";

export interface HtmlElement {
  readonly name: string;
  readonly parent: HtmlElement | null;
  readonly mark: Mark | null;
  /** What quotes of one program have in common; empty unless the element may be a quote. */
  readonly signature: string;
  /** Its text, and that of the elements in it, is not displayed. */
  readonly isHidden: boolean;
  readonly isPreformatted: boolean;
  readonly around: Around;
  /** Indexes of its tags among the pieces. */
  readonly open: number;
  close: number;
}

/** The marked elements that an element is in, itself among them: kept with it, since looking for them takes time in deep ones. */
export interface Around {
  /** The outermost quote, and the outermost one in that. */
  readonly quote: HtmlElement | null;
  readonly innerQuote: HtmlElement | null;
  /** The outermost container or mail. */
  readonly container: HtmlElement | null;
  readonly attribution: HtmlElement | null;
  readonly signature: HtmlElement | null;
  readonly splitter: HtmlElement | null;
  readonly rule: HtmlElement | null;
  /** True in what a program marks as typed by the sender. */
  readonly isTyped: boolean;
  readonly isRed: boolean;
}

export const nothingAround: Around = {
  quote: null,
  innerQuote: null,
  container: null,
  attribution: null,
  signature: null,
  splitter: null,
  rule: null,
  isTyped: false,
  isRed: false,
};

/** `start` to `end` is its source; an end tag that the source leaves out has none. */
interface Place {
  readonly start: number;
  readonly end: number;
  /** The innermost element around it; for a tag its own; null at the top. */
  readonly element: HtmlElement | null;
}

export interface Tag extends Place {
  readonly kind: "open" | "close";
  readonly element: HtmlElement;
  readonly isVoid: boolean;
}

export interface Text extends Place {
  readonly kind: "text";
  /** Character references decoded. */
  readonly text: string;
}

export interface Other extends Place {
  readonly kind: "other";
}

export type Piece = Tag | Text | Other;

export interface HtmlDocument {
  readonly pieces: readonly Piece[];
  /** Elements nested deeper than is read are listed as empty ones, with their content behind them. */
  readonly isTooDeep: boolean;
}

/** Linear in the length: the caller bounds it. Never throws. */
export function readDocument(html: string): HtmlDocument {
  const reader = new DocumentReader();
  reader.read(html);
  return { pieces: reader.pieces, isTooDeep: reader.isTooDeep };
}

class DocumentReader {
  readonly pieces: Piece[] = [];
  #current: HtmlElement | null = null;
  readonly #parser = new BoundedParser({
    onopentag: (name, attributes, isImplied) => this.#open(name, attributes, isImplied),
    onclosetag: (_name, isImplied) => this.#close(isImplied),
    ontext: (text) => this.#text(text),
    oncomment: () => this.#other(),
    onprocessinginstruction: () => this.#other(),
  });

  get isTooDeep(): boolean {
    return this.#parser.isTooDeep;
  }

  read(html: string): void {
    this.#parser.write(html);
    this.#parser.end();
  }

  #open(name: string, attributes: Readonly<Record<string, string>>, isImplied: boolean): void {
    const parent = this.#current;
    const mark = markOf(name, attributes);
    const element: Mutable = {
      name,
      parent,
      mark,
      signature: mark === null ? "" : signatureOf(name, attributes),
      isHidden: parent?.isHidden === true || isHidden(name, attributes),
      isPreformatted: isPreformatted(name, attributes) ?? parent?.isPreformatted ?? false,
      around: parent?.around ?? nothingAround,
      open: this.pieces.length,
      close: this.pieces.length,
    };
    const own = { isTyped: isTyped(attributes), isRed: isRed(name, attributes) };
    if (mark !== null || own.isTyped || own.isRed) element.around = aroundIn(element, own);
    const { startIndex, endIndex } = this.#parser;
    const end = isImplied ? startIndex : endIndex + 1;
    this.pieces.push({ kind: "open", element, start: startIndex, end, isVoid: this.#parser.isVoid(name) });
    this.#current = element;
  }

  #close(isImplied: boolean): void {
    const element = this.#current;
    if (element === null) return;
    const { startIndex, endIndex } = this.#parser;
    element.close = this.pieces.length;
    const end = isImplied ? startIndex : endIndex + 1;
    const isVoid = this.#parser.isVoid(element.name);
    this.pieces.push({ kind: "close", element, start: startIndex, end, isVoid });
    this.#current = element.parent;
  }

  #text(text: string): void {
    const element = this.#current;
    let start = this.#parser.startIndex;
    const end = this.#parser.endIndex + 1;
    // A line each, so that a quote can end within a text; a decoded reference is one character and stays whole.
    if (element?.isPreformatted === true && text.length === end - start)
      for (let at = text.indexOf("\n"); at !== -1 && at < text.length - 1; at = text.indexOf("\n")) {
        this.pieces.push({ kind: "text", element, start, end: start + at + 1, text: text.slice(0, at + 1) });
        start += at + 1;
        text = text.slice(at + 1);
      }
    this.pieces.push({ kind: "text", element, start, end, text });
  }

  #other(): void {
    const { startIndex, endIndex } = this.#parser;
    this.pieces.push({ kind: "other", element: this.#current, start: startIndex, end: endIndex + 1 });
  }
}

type Mutable = { -readonly [Key in keyof HtmlElement]: HtmlElement[Key] };

function aroundIn(element: HtmlElement, own: Pick<Around, "isTyped" | "isRed">): Around {
  const { around, mark } = element;
  const isQuote = mark === "quote" || mark === "plain";
  const isContainer = mark === "container" || mark === "mail";
  return {
    quote: around.quote ?? (isQuote ? element : null),
    innerQuote: around.innerQuote ?? (isQuote && around.quote !== null ? element : null),
    container: around.container ?? (isContainer ? element : null),
    attribution: mark === "attribution" ? element : around.attribution,
    signature: mark === "signature" ? element : around.signature,
    splitter: mark === "splitter" ? element : around.splitter,
    rule: mark === "rule" ? element : around.rule,
    isTyped: around.isTyped || own.isTyped,
    isRed: around.isRed || own.isRed,
  };
}
