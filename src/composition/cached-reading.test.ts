import { expect, it } from "vitest";
import { createCachedReading } from "./cached-reading.ts";

/** Readings that take `tookMs` by a clock of their own, counted. */
function counted(tookMs: number) {
  let now = 0;
  let reads = 0;
  const ask = createCachedReading(
    async () => {
      reads++;
      await Promise.resolve();
      now += tookMs;
      return reads;
    },
    () => now,
  );
  return {
    ask,
    after: (ms: number) => {
      now += ms;
      return ask();
    },
  };
}

it("those who ask at once, and within five seconds, share one reading", async () => {
  const { ask, after } = counted(1);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  expect(await after(4999)).toBe(1);
  expect(await after(1)).toBe(2);
});

it("one that took long is good for nineteen times as long", async () => {
  const { ask, after } = counted(2000);
  expect(await ask()).toBe(1);
  expect(await after(37_999)).toBe(1);
  expect(await after(1)).toBe(2);
});

it("one that fails is not asked for again at once, and again later", async () => {
  let now = 0;
  let reads = 0;
  const ask = createCachedReading(
    () => Promise.reject(new Error(`reading ${++reads}`)),
    () => now,
  );
  await expect(ask()).rejects.toThrow("reading 1");
  await expect(ask()).rejects.toThrow("reading 1");
  now += 5000;
  await expect(ask()).rejects.toThrow("reading 2");
});
