import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../../test/support/code-point.ts";
import { normaliseMessageId, parseMessageIds } from "./message-id.ts";

describe("a Message-ID", () => {
  test.each<[string, string | null]>([
    ["<a@b>", "<a@b>"],
    ["a@b", "<a@b>"],
    [" <a@b> ", "<a@b>"],
    ["<<a@b>>", "<a@b>"],
    ["a", "<a>"],
    ["<ä@b>", "<ä@b>"],
    [`<${"a".repeat(998)}>`, `<${"a".repeat(998)}>`],
    [`<${"a".repeat(999)}>`, null],
    ["", null],
    ["<>", null],
    ["<a b@c>", null],
    ["<a@b><c@d>", null],
    ["<a\r\nBcc: x@y>", null],
    ["<a\0b>", null],
    ["a@b> (comment)", null],
    [`${">".repeat(10_000_000)}x`, null],
    [`${"<".repeat(10_000_000)}x`, null],
  ])("%#: %.40j is %.40j", (text, id) => {
    expect(normaliseMessageId(text)).toBe(id);
  });

  test("that is one stays what it is, and holds nothing that ends a line or an id", () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => {
        const id = normaliseMessageId(text);
        if (id === null) return;
        expect(id).toMatch(/^<[^\s<>\p{Cc}]+>$/u);
        expect(normaliseMessageId(id)).toBe(id);
      }),
      { seed: 0x5eed, numRuns: 1000 },
    );
  });
});

describe("a list of ids", () => {
  test.each<[string, string[]]>([
    ["", []],
    ["<a@x> <b@x>", ["<a@x>", "<b@x>"]],
    ["<a@x><b@x>,<c@x>\t<a@x>", ["<a@x>", "<b@x>", "<c@x>"]],
    ["Your message of Monday <a@x> (really)", ["<a@x>"]],
    ["a@x, b@x", ["<a@x>", "<b@x>"]],
    ["<a@x <b@x>", ["<b@x>"]],
    ["<a b@x> <c@x>", ["<c@x>"]],
  ])("%j", (text, ids) => {
    expect(parseMessageIds(text, 100)).toEqual(ids);
  });

  test("too long keeps the last, which are the nearest", () => {
    expect(parseMessageIds("<a@x> <b@x> <c@x>", 2)).toEqual(["<b@x>", "<c@x>"]);
  });

  test.each(["<", ">", "<a", "a>", "<>", "<a@x>", "a ", ",", " "])(
    "made of %j is read within bounds",
    (unit) => {
      expect(parseMessageIds(unit.repeat(1_000_000 / unit.length), 100).length).toBeLessThanOrEqual(1);
    },
  );
});
