import { expect, test } from "vitest";
import { createFairTurns, TooManyWaiting } from "./fair-turns.ts";

/** Requests `count` permits, and counts those granted. */
function asking(turns: ReturnType<typeof createFairTurns>, holder: string, count: number) {
  const begun = { count: 0 };
  for (let asked = 0; asked < count; asked++)
    void turns.take(holder).then(() => {
      begun.count++;
    });
  return begun;
}

/** What was begun has said so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("one with any number of turns to take has half of them, and the next comes at once", async () => {
  const turns = createFairTurns(8, 1000);
  const flood = asking(turns, "flood", 500);
  const other = asking(turns, "other", 1);
  await settled();
  expect([flood.count, other.count]).toEqual([4, 1]);
});

test("a turn that is given back goes to who has waited longest of those with room in their share", async () => {
  const turns = createFairTurns(4, 1000);
  const [first, second] = [asking(turns, "first", 10), asking(turns, "second", 10)];
  await settled();
  expect([first.count, second.count]).toEqual([2, 1]);
  for (let round = 0; round < 3; round++) {
    turns.give("first");
    turns.give("second");
    await settled();
  }
  // Each of the six went to one of the two, and both went on.
  expect([first.count, second.count]).toEqual([5, 4]);
});

test("everybody's turn comes, in the order of each line, and all are free in the end", async () => {
  const turns = createFairTurns(2, 1000);
  const order: string[] = [];
  const work = async (holder: string, index: number): Promise<void> => {
    await turns.take(holder);
    order.push(`${holder}${index}`);
    await settled();
    turns.give(holder);
  };
  await Promise.all(Array.from({ length: 60 }, (_, index) => work("abc".charAt(index % 3), index)));
  for (const holder of "abc") {
    const own = order.filter((name) => name.startsWith(holder)).map((name) => Number(name.slice(1)));
    expect(own).toHaveLength(20);
    expect(own).toEqual(own.toSorted((one, next) => one - next));
  }
  expect(asking(turns, "a", 5)).toEqual({ count: 0 });
});

test("a line has an end, and whoever finds it full disturbs nobody in it", async () => {
  const turns = createFairTurns(2, 3);
  const begun = asking(turns, "a", 4);
  await expect(turns.take("a")).rejects.toThrow(TooManyWaiting);
  await expect(turns.take("b")).resolves.toBeUndefined();
  for (let given = 0; given < 4; given++) {
    turns.give("a");
    await settled();
  }
  expect(begun.count).toBe(4);
});
