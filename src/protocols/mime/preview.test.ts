import fc from "fast-check";
import { expect, test } from "vitest";
import { previewOf } from "./preview.ts";

test.each<[string, string | null, string | null]>([
  ["no text", null, null],
  ["an empty text", "", null],
  ["white space", " \n\t\u00a0", null],
  ["a short text", "\n Hello\nthere \n", "Hello\nthere"],
  ["a long text", "x".repeat(500), "x".repeat(200)],
  ["a character of two halves at the end", `${"x".repeat(199)}😀`, "x".repeat(199)],
  ["white space at the end", `${"x".repeat(199)} y`, "x".repeat(199)],
  ["megabytes of white space", `${" ".repeat(5_000_000)}x${" ".repeat(5_000_000)}`, "x"],
])("%s", (_what, text, preview) => {
  expect(previewOf(text)).toBe(preview);
});

test("any text has a preview that is its start, can be stored and is short", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
      const preview = previewOf(text);
      if (preview === null) {
        expect(text.trim()).toBe("");
        return;
      }
      expect(preview.length).toBeLessThanOrEqual(200);
      expect(preview.isWellFormed()).toBe(true);
      expect(text.trimStart().startsWith(preview)).toBe(true);
    }),
    { seed: 0x5eed, numRuns: 500 },
  );
});
