import { describe, expect, test } from "vitest";
import { extractReply } from "../../src/protocols/mime/reply-extraction.ts";
import { type ReplyCase, replyCases } from "./corpus.ts";
import { displayed, outcomeOf, squeezed } from "./score.ts";

const cases = replyCases();

const withPart = (part: "text" | "html"): readonly [string, ReplyCase][] =>
  cases.filter((each) => each[part] !== null).map((each) => [each.name, each]);

describe("the reply in a text is found", () => {
  test.each(withPart("text"))("%s", (_name, { text, reply, ...header }) => {
    expect(squeezed(extractReply(text, null, header).text ?? "")).toBe(squeezed(reply));
  });
});

describe("the reply in HTML is found", () => {
  test.each(withPart("html"))("%s", (_name, { html, htmlReply, own, ...header }) => {
    const found = displayed(extractReply(null, html, header).html ?? "");
    expect(outcomeOf(found, htmlReply, own), found).toBe("right");
  });
});

const texts = cases.flatMap(({ text, ...each }) => (text === null ? [] : [{ ...each, text }]));

test("line ends make no difference", () => {
  const differing = texts.filter(({ text, ...header }) => {
    const found = extractReply(text, null, header).text;
    return extractReply(text.replaceAll("\n", "\r\n"), null, header).text?.replaceAll("\r\n", "\n") !== found;
  });
  expect(differing.map(({ name }) => name)).toEqual([]);
});

test("no word of the sender's is lost where the header says nothing", () => {
  // The header alone says that a mail forwards another, or that quoted lines at its end cannot be history.
  const eaten = texts.filter(({ text, own, style }) => {
    const found = squeezed(extractReply(text, null).text ?? "");
    return style !== "forward" && own.some((phrase) => !found.includes(squeezed(phrase)));
  });
  const unknowable = ["quoted-log-at-the-end", "quoted-policy-with-signature", "signature-of-a-letter"];
  expect(eaten.map(({ name }) => name)).toEqual(unknowable);
});

test("a reply found once is found again", () => {
  const differing = texts.filter(({ text, ...header }) => {
    const found = extractReply(text, null, header).text ?? "";
    return extractReply(found, null, header).text !== found;
  });
  expect(differing.map(({ name }) => name)).toEqual([]);
});

test("no two cases have one name", () => {
  const names = cases.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
