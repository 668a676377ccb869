import { expect, test } from "vitest";
import { createFairPlaces } from "./fair-places.ts";

/** Takes as many as it is given. */
function takeAll(places: ReturnType<typeof createFairPlaces>, holder: string): number {
  let count = 0;
  while (places.take(holder)) count++;
  return count;
}

test("one alone gets half, those after it a share each, and the last always one", () => {
  const places = createFairPlaces(32);
  const taken = ["a", "b", "c", "d", "e", "f", "g", "h"].map((holder) => takeAll(places, holder));
  expect(taken).toEqual([16, 8, 4, 2, 1, 1, 1, 1]);
});

test("what is given back is shared out again, and nothing can be given back twice", () => {
  const places = createFairPlaces(4);
  expect([takeAll(places, "a"), takeAll(places, "b")]).toEqual([2, 1]);
  places.give("a");
  places.give("a");
  places.give("a");
  places.give("nobody");
  expect([takeAll(places, "b"), takeAll(places, "a")]).toEqual([1, 1]);
});
