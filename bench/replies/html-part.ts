/** How right and how fast replies are found in HTML. */
import { extractReply } from "../../src/protocols/mime/reply-extraction.ts";
import type { ReplyCase } from "../../test/replies/corpus.ts";
import { displayed, type Outcome, outcomeOf } from "../../test/replies/score.ts";
import { printGrowth, type Shape, tableOf } from "./figures.ts";

/** Ours alone: planer's half for HTML evaluates XPath, for which it needs a whole browser's DOM. */
export function printHtml(
  cases: readonly ReplyCase[],
  figure: (outcomes: readonly Outcome[]) => string,
): void {
  const judged = cases.flatMap(({ html, ...each }) => {
    if (html === null) return [];
    const found = displayed(extractReply(null, html, each).html ?? "");
    return [{ ...each, outcome: outcomeOf(found, each.htmlReply, each.own) }];
  });
  for (const by of ["tongue", "client", "style"] as const) {
    const table = tableOf([by, "cases", "ours"]);
    for (const value of new Set(judged.map((each) => each[by]))) {
      const own = judged.filter((each) => each[by] === value).map(({ outcome }) => outcome);
      table.push([value, own.length, figure(own)]);
    }
    table.push(["all", judged.length, figure(judged.map(({ outcome }) => outcome))]);
    console.log(`\nreplies in HTML, by ${by}\n${table.toString()}`);
  }
}

/** What each step of the extraction repeats, ordinary and made to cost. */
const shapes: readonly Shape[] = [
  {
    name: "paragraphs",
    unit: '<p style="margin:0">The quick brown <b>fox</b> jumps over the lazy dog.</p>\n',
  },
  {
    name: "a newsletter",
    unit: '<table width="600"><tr><td style="padding:10px"><a href="https://example.com/"><img src="https://example.com/i.png"></a>Read on</td></tr></table>\n',
  },
  {
    name: "a long history",
    head: '<div>Hi</div><div class="gmail_quote">',
    unit: '<div class="gmail_attr">On Thu, Nov 26, 2026 at 9:00 AM Ann &lt;a@example.com&gt; wrote:</div><blockquote class="gmail_quote">Which day?</blockquote>',
  },
  {
    name: "answers between quotes",
    unit: '<blockquote type="cite">Which day?</blockquote><div>Friday.</div>',
  },
  {
    name: "attributions above nothing, a quote at the end",
    head: '<div class="gmail_quote">',
    unit: "<div>On Thu, Nov 26, 2026 at 9:00 AM Ann &lt;a@example.com&gt; wrote:</div><p>no</p>",
    tail: "<blockquote>old</blockquote></div>",
  },
  { name: "header fields", head: "Hi<hr>", unit: "From: a@example.com<br>To: b@example.com<br>" },
  { name: "splitters", unit: '<hr><div id="divRplyFwdMsg">From: x</div>' },
  { name: "signatures", unit: '<div class="gmail_signature">Ann<br>Hall 3</div>' },
  { name: "one signature", head: 'Hi<div class="gmail_signature">', unit: "Ann<br>" },
  { name: "nested, never closed: div", unit: "<div>" },
  { name: "nested, never closed: blockquote", unit: "<blockquote>x" },
  { name: "quotes, 400 deep", head: "<blockquote>".repeat(400), unit: "<blockquote>x</blockquote>y<br>" },
  {
    name: "end tags of nothing, 400 deep",
    head: "Hi<blockquote type=cite>old</blockquote>".concat("<b>".repeat(400)),
    unit: "</i>",
  },
  { name: "one character a line", unit: "x<br>" },
  { name: "preformatted lines", head: "<pre>", unit: "&gt; x\n" },
  { name: "attributes", head: "<a ", unit: "x=1 " },
  { name: "comments", unit: "<!-- x -->" },
];

export const printHtmlGrowth = (): void =>
  printGrowth("HTML, µs a kilobyte", shapes, (html) => extractReply(null, html));
