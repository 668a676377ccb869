import { expect, test } from "vitest";
import { inTurns } from "./in-turns.ts";

test("all are acted on in order, so many in one turn of the event loop, and what waits for a turn has its own between them", async () => {
  const seen: (number | string)[] = [];
  const others = setInterval(() => undefined, 0);
  const watch = (): void => {
    if (seen.length < 10) setImmediate(watch);
    seen.push("turn");
  };
  setImmediate(watch);
  await inTurns([1, 2, 3, 4, 5, 6, 7], 3, (item) => seen.push(item));
  clearInterval(others);
  expect(seen.filter((one) => one !== "turn")).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
  expect(seen.slice(3, seen.indexOf(4))).toContain("turn");
  expect(seen.slice(seen.indexOf(6), seen.indexOf(7))).toContain("turn");
});

test("few are acted on at once, and none is nothing", async () => {
  const seen: number[] = [];
  const done = inTurns([1, 2], 2, (item) => seen.push(item));
  expect(seen).toEqual([1, 2]);
  await done;
  await inTurns([], 1, () => expect.unreachable());
});
