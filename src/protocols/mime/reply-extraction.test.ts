import { describe, expect, it } from "vitest";
import { extractReply } from "./reply-extraction.ts";

const quoted = "new words\n\nOn Mon, Jan 5, 2026 at 9:00 AM Ann <ann@outside.test> wrote:\n> old words\n";

describe("extracting a reply", () => {
  it("leaves the quoted history out", () => {
    expect(extractReply(quoted, null).text).toBe("new words");
  });

  it("gives a text back whole that would keep the parser busy for minutes", () => {
    for (const endless of [
      "\n".repeat(150_000),
      " \r\n".repeat(50_000),
      `On ${" ".repeat(150_000)}`,
      "On ".repeat(50_000),
    ]) {
      const text = `${quoted}${endless}.\n${quoted}`;
      expect(extractReply(text, null).text).toBe(text.trim());
      const above = `${endless}\n${quoted}`;
      expect(extractReply(above, null).text).toBe(above.trim());
    }
  });
});
