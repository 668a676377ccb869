/** Text of HTML files: what a reader sees, a line for each block. */
import { BoundedParser } from "../markup/bounded-parser.ts";
import type { Bounds } from "./document.ts";
import { TextWriter } from "./text-writer.ts";

const hidden = new Set(["script", "style", "head", "template", "noscript", "svg", "iframe", "object"]);
const blocks = new Set([
  ...["p", "div", "br", "tr", "table", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "hr"],
  ...[
    "section",
    "article",
    "header",
    "footer",
    "main",
    "nav",
    "aside",
    "figure",
    "form",
    "fieldset",
    "address",
  ],
  ...["h1", "h2", "h3", "h4", "h5", "h6"],
]);
const cells = new Set(["td", "th"]);

export function textOfHtml(html: string, bounds: Bounds): string {
  const writer = new TextWriter(bounds.characters);
  let hiddenDepth = 0;
  const parser = new BoundedParser({
    onopentagname(name) {
      if (hidden.has(name)) hiddenDepth++;
      else if (blocks.has(name)) writer.add("\n");
    },
    ontext(text) {
      if (hiddenDepth === 0) writer.add(text.replaceAll(/\s+/g, " "));
    },
    onclosetag(name) {
      if (hidden.has(name)) hiddenDepth = Math.max(hiddenDepth - 1, 0);
      else if (cells.has(name)) writer.add("\t");
      else if (blocks.has(name) && name !== "br" && name !== "hr") writer.add("\n");
    },
  });
  parser.end(html);
  return writer.text();
}
