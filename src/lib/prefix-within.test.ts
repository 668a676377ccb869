import { expect, test } from "vitest";
import { prefixWithin } from "./prefix-within.ts";

test.each([
  ["as many as fit", [3, 3, 3], 9, 6, 2],
  ["no more than the count", [1, 1, 1], 2, 9, 2],
  ["the first also when it is too large alone", [7, 1], 9, 6, 1],
  ["the count when all fit", [1, 1], 9, 2, 9],
  ["the count of nothing", [], 9, 2, 9],
])("is %s", (_what, sizes, maxCount, maxBytes, length) => {
  expect(prefixWithin(sizes, maxCount, maxBytes)).toBe(length);
});
