import { expect, test } from "vitest";
import { type LoopPace, PacedLoop } from "./loop-pace.ts";

/** Time and the loop's work move by hand, milliseconds. */
function paced(waiting = 1) {
  const at = { now: 0, busy: 0 };
  const pace = new PacedLoop({
    monotonicMs: () => at.now,
    busyMs: () => at.busy,
    waiting: () => waiting,
  });
  return { pace, at };
}

/** Pieces that a tenant begins in so many milliseconds, each of which takes the loop for `costMs`. */
function beginIn(
  { pace, at }: ReturnType<typeof paced>,
  tenant: string,
  milliseconds: number,
  costMs: number,
): number {
  let begun = 0;
  const end = at.now + milliseconds;
  while (at.now < end) {
    if (pace.mayBegin(tenant)) {
      pace.began(tenant);
      const leave = pace.enter(tenant);
      at.now += costMs;
      at.busy += costMs;
      leave();
      begun++;
    } else at.now += 1;
  }
  return begun;
}

const show = (pace: LoopPace, tenant: string): void => {
  pace.mayBegin(tenant);
};

test("a tenant that is alone has the whole loop", () => {
  const parts = paced();
  expect(beginIn(parts, "flood", 1000, 5)).toBe(200);
});

test("beside another that asks for little, one that asks for all has half of the loop, whatever a piece of it costs", () => {
  for (const costMs of [2, 5, 20]) {
    const parts = paced();
    show(parts.pace, "neighbour");
    beginIn(parts, "flood", 3000, costMs);
    const share = (beginIn(parts, "flood", 1000, costMs) * costMs) / 1000;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  }
});

test("the more tenants wait, the less is left free: of nine each has a tenth", () => {
  const parts = paced(9);
  show(parts.pace, "neighbour");
  beginIn(parts, "flood", 3000, 5);
  expect(beginIn(parts, "flood", 2000, 5)).toBeLessThanOrEqual(44);
});

test("what a tenant begins now and then begins at once, however much another asks", () => {
  const parts = paced();
  for (let second = 0; second < 5; second++) {
    beginIn(parts, "flood", 1000, 5);
    expect(parts.pace.mayBegin("neighbour")).toBe(true);
    parts.pace.began("neighbour");
  }
});

test("one that is ahead of its pace yields to work of one that keeps it, for a bounded time", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  while (pace.mayBegin("flood")) pace.began("flood");
  at.now += 5;
  expect(pace.mayBegin("flood")).toBe(true);
  const leave = pace.enter("neighbour");
  expect(pace.mayBegin("flood")).toBe(false);
  leave();
  expect(pace.mayBegin("flood")).toBe(true);
  // Work that is not over, as it waits for another server.
  pace.enter("neighbour");
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 25;
  expect(pace.mayBegin("flood")).toBe(true);
});

test("one that is ahead of its pace has three pieces under way at most", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  while (pace.mayBegin("flood")) pace.began("flood");
  at.now += 5;
  for (let piece = 0; piece < 3; piece++) {
    expect(pace.mayBegin("flood")).toBe(true);
    pace.enter("flood");
  }
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 30;
  expect(pace.mayBegin("flood")).toBe(true);
});

test("time that is charged counts like the loop's own", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  pace.charge("flood", 100);
  at.now += 160;
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 40;
  expect(pace.mayBegin("flood")).toBe(true);
});

test("a piece that took very long, as its database was away, holds its tenant up for a quarter of a second", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  pace.charge("flood", 60_000);
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 250;
  expect(pace.mayBegin("flood")).toBe(true);
});

test("ten seconds after the last of the others a tenant is alone again, and owes nothing", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  for (let piece = 0; piece < 100; piece++) pace.charge("flood", 200);
  at.now += 9000;
  expect(pace.hasOthers("flood")).toBe(true);
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 1001;
  expect(pace.hasOthers("flood")).toBe(false);
  expect(pace.mayBegin("flood")).toBe(true);
  show(pace, "neighbour");
  expect(pace.mayBegin("flood")).toBe(true);
});

test("tenants that are not there are forgotten, and those that are stay", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  for (let piece = 0; piece < 100; piece++) pace.charge("flood", 200);
  for (let tenant = 0; tenant < 3000; tenant++) show(pace, `tenant-${tenant}`);
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 11_000;
  for (let tenant = 0; tenant < 3000; tenant++) show(pace, `other-${tenant}`);
  expect(pace.mayBegin("flood")).toBe(true);
});
