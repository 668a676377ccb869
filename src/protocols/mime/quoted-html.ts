/** Quoted history in HTML: cut out of the source where mail clients mark it, the rest unchanged. */
import { Parser } from "htmlparser2";

/** Depth of nested elements. Tables in mails reach fifty; closing an element searches all open ones. */
const MAX_DEPTH = 500;
/** Characters read before the depth is looked at. */
const CHUNK = 4096;
/** Characters of an element's text that show whether it is a forwarded mail. */
const HEAD_LENGTH = 200;

/** Gmail, Yahoo, Thunderbird's line above, Proton, Zoho, Tutanota, Outlook for Mac. */
const quoteClass =
  /(^|[\s_-])(gmail_quote|gmail_quote_container|yahoo_quoted|moz-cite-prefix|protonmail_quote|zmail_extra|tutanota_quote|OutlookMessageHeader)(\s|$)/;
const quoteId = /(^|_)OLK_SRC_BODY_SECTION$/;
/** Splitters: Outlook writes history after these, not inside them. */
const splitterId = /(^|_)(divRplyFwdMsg|appendonsend|mail-editor-reference-message-container)$/;
const outlookRule = /border:\s*none;\s*border-top:\s*solid #(B5C4DF|E1E1E1) 1\.0pt;\s*padding:\s*3\.0pt/i;

const anyMark =
  /gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|zmail_extra|tutanota_quote|OutlookMessageHeader|OLK_SRC_BODY_SECTION|divRplyFwdMsg|appendonsend|mail-editor-reference|border-top|type=["']?cite|name=["']?quote/i;

const forwardHead =
  /^[\s-]*(Forwarded message|Begin forwarded message|Weitergeleitete Nachricht|Message transféré|Mensaje reenviado)/i;

interface Cut {
  readonly start: number;
  readonly end: number;
}

/** The HTML without quoted history; whole when there is none, or nothing else. Elements remain balanced. */
export function withoutQuotedHtml(html: string): string {
  if (!anyMark.test(html)) return html;
  const reader = new QuoteReader(html.length);
  for (let at = 0; at < html.length && !reader.isOver; at += CHUNK) reader.read(html.slice(at, at + CHUNK));
  if (!reader.isOver) reader.end();
  if (reader.isTooDeep || !reader.seesMore) return html;
  const kept: string[] = [];
  let at = 0;
  for (const cut of reader.cuts) {
    kept.push(html.slice(at, cut.start));
    at = cut.end;
  }
  return [...kept, html.slice(at), reader.closing].join("");
}

/** Finds the ranges to cut. Stops at a splitter, after which all is history, or beyond the depth. */
class QuoteReader {
  readonly cuts: Cut[] = [];
  /** True when visible content remains outside the cuts. */
  seesMore = false;
  isOver = false;
  isTooDeep = false;
  /** End tags of what a cut to the end left open. */
  closing = "";
  readonly #length: number;
  readonly #open: string[] = [];
  #quote: { readonly start: number; readonly depth: number; head: string } | null = null;
  /** A rule that nothing has followed yet: Outlook draws one over its splitter. */
  #rule: number | null = null;
  #isEnding = false;
  readonly #parser = new Parser({
    onopentag: (name, attributes) => this.#enter(name, attributes),
    onclosetag: (_name, isImplied) => this.#leave(isImplied),
    ontext: (text) => this.#see(text),
  });

  constructor(length: number) {
    this.#length = length;
  }

  read(chunk: string): void {
    this.#parser.write(chunk);
  }

  end(): void {
    this.#isEnding = true;
    this.#parser.end();
  }

  #enter(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.isOver) return;
    const start = this.#parser.startIndex;
    if (this.#quote === null) {
      if (isSplitter(attributes)) {
        this.#cutToEnd(this.#rule ?? start);
        return;
      }
      if (isQuote(name, attributes)) this.#quote = { start, depth: this.#open.length, head: "" };
      else if (name === "img") this.seesMore = true;
    }
    this.#rule = name === "hr" ? start : null;
    this.#open.push(name);
    if (this.#open.length > MAX_DEPTH) {
      this.isTooDeep = true;
      this.isOver = true;
    }
  }

  #cutToEnd(start: number): void {
    this.isOver = true;
    this.cuts.push({ start, end: this.#length });
    this.closing = this.#open
      .reverse()
      .map((name) => `</${name}>`)
      .join("");
  }

  #leave(isImplied: boolean): void {
    if (this.isOver) return;
    this.#open.pop();
    if (this.#quote === null || this.#open.length > this.#quote.depth) return;
    const { start, head } = this.#quote;
    this.#quote = null;
    // An unclosed element ends where its parent is closed.
    const implied = this.#isEnding ? this.#length : this.#parser.startIndex;
    if (forwardHead.test(head)) this.seesMore = true;
    else this.cuts.push({ start, end: isImplied ? implied : this.#parser.endIndex + 1 });
  }

  #see(text: string): void {
    if (this.isOver || text.trim() === "") return;
    this.#rule = null;
    if (this.#quote === null) this.seesMore ||= !unseen.has(this.#open.at(-1) ?? "");
    else if (this.#quote.head.length < HEAD_LENGTH) this.#quote.head += text;
  }
}

/** Elements whose text is not displayed. */
const unseen: ReadonlySet<string> = new Set(["style", "script", "title"]);

function isQuote(name: string, attributes: Readonly<Record<string, string>>): boolean {
  const { class: names = "", id = "", type = "" } = attributes;
  return (
    quoteClass.test(names) ||
    quoteId.test(id) ||
    (name === "blockquote" && type.toLowerCase() === "cite") ||
    // GMX and Web.de.
    (name === "div" && attributes["name"] === "quote")
  );
}

function isSplitter({ id = "", style = "" }: Readonly<Record<string, string>>): boolean {
  return splitterId.test(id) || outlookRule.test(style);
}
