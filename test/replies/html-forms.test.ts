import { describe, expect, test } from "vitest";
import { extractReply } from "../../src/protocols/mime/reply-extraction.ts";
import { replyCases } from "./corpus.ts";
import { htmlForms } from "./html-forms.ts";
import { displayed, outcomeOf } from "./score.ts";

const texts = replyCases().flatMap(({ text, ...each }) => (text === null ? [] : [{ ...each, text }]));

/** Without marks of quotes, which only some of the forms show. */
const shown = (html: string): string => displayed(html).replaceAll(">", "");

describe("a reply found in a text is found in the same text shown as HTML", () => {
  test.each(Object.entries(htmlForms))("%s", (_name, toHtml) => {
    const outcomes = texts.map(({ name, text, reply, own, ...header }) => {
      const found = shown(extractReply(null, toHtml(text), header).html ?? "");
      const words = own.map((phrase) => shown(toHtml(phrase)));
      return { name, outcome: outcomeOf(found, shown(toHtml(reply.trim())), words) };
    });
    expect(outcomes.filter(({ outcome }) => outcome === "over")).toEqual([]);
    const right = outcomes.filter(({ outcome }) => outcome === "right");
    // What is left is written on lines that no program writes in HTML: an answer and an attribution on one, one on several paragraphs.
    expect(right.length / outcomes.length).toBeGreaterThan(0.9);
  });
});
