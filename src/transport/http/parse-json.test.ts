/** Bodies made to cost are refused before anything is made of them. */
import { expect, test } from "vitest";
import { parseJson } from "./parse-json.ts";

const parse = (text: string): unknown => parseJson(Buffer.from(text));

test.each([
  ["lists", `[${"[],".repeat(20_000)}1]`],
  ["numbers", `[${"1,".repeat(20_001)}1]`],
  ["lists inside lists", `${"[".repeat(20_001)}${"]".repeat(20_001)}`],
  ["objects", `[[${"{},".repeat(20_000)}{}]]`],
  ["values that never end", "[".repeat(3_000_000)],
])("a body of too many %s is refused as such", (_what, text) => {
  expect(() => parse(text)).toThrow("JSON may hold 20000 values at most");
});

test("brackets and commas in a string are no values", () => {
  const text = `{["\\${",".repeat(50_000)}\\"`;
  expect(parse(JSON.stringify({ text }))).toEqual({ text });
});
