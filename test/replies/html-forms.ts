/** A plain text as programs show it in HTML. */
import { escapeHtml } from "../../src/protocols/mime/html-text.ts";

/** Quoted lines in nested quotes, the others each by `line`. */
function quotesOf(text: string, open: string, line: (text: string) => string): string {
  const parts: string[] = [];
  let depth = 0;
  for (const whole of text.split("\n")) {
    const [marks = ""] = /^(?:> ?)*/.exec(whole) ?? [];
    const level = marks.replaceAll(" ", "").length;
    for (; depth < level; depth++) parts.push(open);
    for (; depth > level; depth--) parts.push("</blockquote>");
    parts.push(line(escapeHtml(whole.slice(marks.length))));
  }
  return parts.join("") + "</blockquote>".repeat(depth);
}

export const htmlForms: Readonly<Record<string, (text: string) => string>> = {
  preformatted: (text) => `<pre>${escapeHtml(text)}</pre>`,
  "lines with breaks": (text) => `<div>${escapeHtml(text).replaceAll("\n", "<br>\n")}</div>`,
  "a block for each line": (text) =>
    `<div dir="ltr">${text
      .split("\n")
      .map((line) => `<div>${line === "" ? "<br>" : escapeHtml(line)}</div>`)
      .join("")}</div>`,
  "quotes of type cite": (text) =>
    quotesOf(text, '<blockquote type="cite">', (line) =>
      line === "" ? "<div><br></div>" : `<div>${line}</div>`,
    ),
  "quotes without a type": (text) => quotesOf(text, "<blockquote>", (line) => `${line}<br>`),
  "a table around all": (text) =>
    `<table><tr><td>${quotesOf(text, '<blockquote type="cite">', (line) => `<p>${line}</p>`)}</td></tr></table>`,
};
