import { describe, expect, test } from "vitest";
import { extractReply } from "../../src/protocols/mime/reply-extraction.ts";
import { type ReplyCase, replyCases } from "./corpus.ts";
import { displayed, outcomeOf } from "./score.ts";

const cases = replyCases();

const withPart = (part: "text" | "html"): readonly [string, ReplyCase][] =>
  cases.filter((each) => each[part] !== null).map((each) => [each.name, each]);

describe("the reply in a text is found", () => {
  test.each(withPart("text"))("%s", (_name, { text, reply, own, ...header }) => {
    const found = extractReply(text, null, header).text ?? "";
    expect(outcomeOf(found, reply, own), found).toBe("right");
  });
});

describe("the reply in HTML is found", () => {
  test.each(withPart("html"))("%s", (_name, { html, htmlReply, own, ...header }) => {
    const found = displayed(extractReply(null, html, header).html ?? "");
    expect(outcomeOf(found, htmlReply, own), found).toBe("right");
  });
});

test("no two cases have one name", () => {
  const names = cases.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
