/** The reply in an HTML body: the source without the lines that are history. */
import { withoutLines } from "./html-cut.ts";
import { readDocument } from "./html-document.ts";
import { linesOf, textOfLines } from "./html-lines.ts";
import { cutLines } from "./html-reply-lines.ts";
import type { Place } from "./quoted-text.ts";

export interface HtmlReply {
  readonly html: string;
  /** As it is displayed; null when it was not read. */
  readonly text: string | null;
}

/** False when nothing in it can be a quote with an attribution, which is all that is cut from a mail that answers none. */
export const mayQuote = (html: string): boolean =>
  /<blockquote|border-left|name\s?=\s?["']?quote|__QUOTED_TEXT__|&gt;/i.test(html);

/** The body as it is. Linear in the length, which the caller bounds. */
export const wholeOfHtml = (html: string): HtmlReply => ({
  html,
  text: textOfLines(linesOf(readDocument(html)).lines),
});

/**
 * The body without quoted history, and the same as plain text; whole when there is none, or nothing else. What was cut from is balanced.
 * Linear in the length, which the caller bounds. Never throws.
 */
export function replyInHtml(html: string, place: Place): HtmlReply {
  const document = readDocument(html);
  const body = linesOf(document);
  const isCut = document.isTooDeep ? null : cutLines(body, place);
  if (isCut === null) return { html, text: textOfLines(body.lines) };
  const kept = body.lines.filter((_line, at) => isCut[at] !== true);
  return { html: withoutLines(html, document, body.lines, isCut), text: textOfLines(kept) };
}
