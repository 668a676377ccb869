import { expect, test } from "vitest";
import { parseThreadIndex } from "./thread-index.ts";

const guid = "0123456789abcdef0123456789abcdef";
const index = (answers: number): string =>
  Buffer.from(`01dd5e8a1b2c${guid}${"0000000010".repeat(answers)}`, "hex").toString("base64");

test.each([0, 1, 7])("a mail that is %i answers deep names the conversation", (answers) => {
  expect(parseThreadIndex(index(answers))).toBe(guid);
});

test("a folded one is read whole", () => {
  expect(parseThreadIndex(index(9).replaceAll(/.{40}/g, "$& "))).toBe(guid);
});

test.each([
  "",
  "x",
  "Re: Question",
  index(0).slice(0, 20),
  index(0).replace(/^A/, "B"),
  "A".repeat(100_000),
  `${index(0)}AA==`,
])("%.30j names none", (text) => {
  expect(parseThreadIndex(text)).toBeNull();
});
