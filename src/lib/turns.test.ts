import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

/** A promise that is resolved from outside. */
function pending() {
  const ends: { done?: () => void; fail?: (error: Error) => void } = {};
  const promise = new Promise<void>((resolve, reject) => {
    ends.done = resolve;
    ends.fail = reject;
  });
  return { promise, end: () => ends.done?.(), fail: () => ends.fail?.(new Error("it failed")) };
}

test("so many run at once, the others in the order in which they came, whatever becomes of those before", async () => {
  const turns = createTurns(2);
  const began: number[] = [];
  const works = [pending(), pending(), pending(), pending()];
  const runs = works.map((work, index) =>
    turns.run(async () => {
      began.push(index);
      await work.promise;
      return index;
    }),
  );
  runs[1]?.catch(() => undefined);
  await turn();
  expect(began).toEqual([0, 1]);
  works[1]?.fail();
  await turn();
  expect(began).toEqual([0, 1, 2]);
  await expect(runs[1]).rejects.toThrow("it failed");
  for (const work of works) work.end();
  expect(await Promise.all([runs[0], runs[2], runs[3]])).toEqual([0, 2, 3]);
  expect(await turns.run(async () => "later")).toBe("later");
});
