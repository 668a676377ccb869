import { expect, test } from "vitest";
import { type LoopPace, PacedLoop } from "./loop-pace.ts";

/** Time and the loop's work move by hand, milliseconds. */
function paced(waiting = 1) {
  const at = { now: 0, busy: 0 };
  const pace = new PacedLoop({
    monotonicMs: () => at.now,
    busyMs: () => at.busy,
    waiting: () => waiting,
    maxAheadPieces: 3,
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
      const piece = pace.begin(tenant, "first");
      at.now += costMs;
      at.busy += costMs;
      pace.end(piece);
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

test("beside another that asks for little, one that asks for all has a third of the loop, whatever a piece of it costs", () => {
  for (const costMs of [2, 5, 20]) {
    const parts = paced();
    show(parts.pace, "neighbour");
    beginIn(parts, "flood", 3000, costMs);
    const share = (beginIn(parts, "flood", 1000, costMs) * costMs) / 1000;
    expect(share).toBeGreaterThan(0.27);
    expect(share).toBeLessThan(0.4);
  }
});

test("the more tenants wait, the less is left free: of nine each has an eleventh", () => {
  const parts = paced(9);
  show(parts.pace, "neighbour");
  beginIn(parts, "flood", 3000, 5);
  expect(beginIn(parts, "flood", 2000, 5)).toBeLessThanOrEqual(39);
});

test("what a tenant begins now and then begins at once, however much another asks", () => {
  const parts = paced();
  for (let second = 0; second < 5; second++) {
    beginIn(parts, "flood", 1000, 5);
    expect(parts.pace.mayBegin("neighbour")).toBe(true);
    parts.pace.end(parts.pace.begin("neighbour", "first"));
  }
});

/** The loop works for whom it has been given to. */
function work({ at }: ReturnType<typeof paced>, ms: number): void {
  at.now += ms;
  at.busy += ms;
}

test("a piece counts as what it cost, and not as what those before did", () => {
  const parts = paced();
  const { pace, at } = parts;
  show(pace, "neighbour");
  const piece = pace.begin("flood", "first");
  work(parts, 100);
  pace.end(piece);
  at.now += 200;
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 80;
  expect(pace.mayBegin("flood")).toBe(true);
});

test("before it begins, a piece counts as those of its kind did", () => {
  const parts = paced();
  const { pace, at } = parts;
  show(pace, "neighbour");
  beginIn(parts, "flood", 2000, 40);
  at.now += 1000;
  pace.begin("flood", "next");
  expect(pace.mayBegin("flood")).toBe(true);
  pace.begin("flood", "first");
  expect(pace.mayBegin("flood")).toBe(false);
});

test("what the loop does for another while a piece waits for its answer counts as the other's", () => {
  const parts = paced();
  const { pace } = parts;
  const slow = pace.begin("neighbour", "first");
  const long = pace.begin("flood", "first");
  work(parts, 100);
  pace.resume(slow);
  work(parts, 1);
  pace.resume(null);
  pace.end(slow);
  pace.end(long);
  expect(pace.mayBegin("neighbour")).toBe(true);
  expect(pace.mayBegin("flood")).toBe(false);
});

test("what a piece leaves to be done counts when it is done", () => {
  const parts = paced();
  const { pace } = parts;
  show(pace, "neighbour");
  const piece = pace.begin("flood", "first");
  pace.end(piece);
  expect(pace.mayBegin("flood")).toBe(true);
  pace.resume(piece);
  work(parts, 100);
  pace.resume(null);
  expect(pace.mayBegin("flood")).toBe(false);
});

test("time in which the loop had no core counts for nobody", () => {
  const parts = paced();
  const { pace, at } = parts;
  show(pace, "neighbour");
  for (let piece = 0; piece < 20; piece++) {
    const own = pace.begin("flood", "first");
    at.now += 10;
    at.busy += 1;
    pace.end(own);
    at.now += 20;
  }
  expect(pace.mayBegin("flood")).toBe(true);
});

/** Ahead of its pace, by less than what has everything of it wait. */
const keepAhead = (pace: LoopPace, tenant: string): void => pace.charge(tenant, 10);

test("one that is ahead of its pace yields to work of one that keeps it, for a bounded time", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  keepAhead(pace, "flood");
  expect(pace.mayBegin("flood")).toBe(true);
  const piece = pace.begin("neighbour", "first");
  expect(pace.mayBegin("flood")).toBe(false);
  pace.end(piece);
  expect(pace.mayBegin("flood")).toBe(true);
  // Work that is not over, as it waits for another server.
  pace.begin("neighbour", "first");
  pace.resume(null);
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 25;
  keepAhead(pace, "flood");
  expect(pace.mayBegin("flood")).toBe(true);
});

test("one that was too far ahead waits until it keeps its pace, and then begins what it has in a burst", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  pace.charge("flood", 21);
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 40;
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 3;
  expect(pace.mayBegin("flood")).toBe(true);
  pace.charge("flood", 13);
  expect(pace.mayBegin("flood")).toBe(true);
  pace.charge("flood", 1);
  expect(pace.mayBegin("flood")).toBe(false);
});

test("what is left of a piece yields as well, while its tenant is ahead of its pace", () => {
  const { pace } = paced();
  show(pace, "neighbour");
  const long = pace.begin("flood", "first");
  pace.resume(null);
  const short = pace.begin("neighbour", "first");
  pace.resume(null);
  expect(pace.yields(long)).toBe(false);
  keepAhead(pace, "flood");
  expect(pace.yields(long)).toBe(true);
  expect(pace.yields(short)).toBe(false);
  pace.end(short);
  expect(pace.yields(long)).toBe(false);
});

test("beside one that is much further ahead nobody is held up", () => {
  const parts = paced();
  const { pace } = parts;
  show(pace, "neighbour");
  for (const [tenant, ms] of [
    ["flood", 200],
    ["neighbour", 40],
  ] as const) {
    const piece = pace.begin(tenant, "first");
    work(parts, ms);
    pace.end(piece);
  }
  expect(pace.mayBegin("neighbour")).toBe(false);
  pace.begin("flood", "next");
  pace.resume(null);
  expect(pace.mayBegin("neighbour")).toBe(true);
  expect(pace.mayBegin("flood")).toBe(false);
});

test("one that is ahead of its pace has as many pieces under way as it may, and no more", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  const pieces = [1, 2, 3].map(() => pace.begin("flood", "first"));
  pace.resume(null);
  pace.charge("flood", 15);
  expect(pace.mayBegin("flood")).toBe(false);
  for (const piece of pieces.slice(0, 1)) pace.end(piece);
  expect(pace.mayBegin("flood")).toBe(true);
  pace.begin("flood", "next");
  pace.resume(null);
  expect(pace.mayBegin("flood")).toBe(false);
  // Those that last for so long wait for another server.
  at.now += 1001;
  show(pace, "neighbour");
  keepAhead(pace, "flood");
  expect(pace.mayBegin("flood")).toBe(true);
});

test("time that is charged counts like the loop's own", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  pace.charge("flood", 100);
  at.now += 150;
  expect(pace.mayBegin("flood")).toBe(false);
  at.now += 80;
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

test("a tenant in whose piece the process was stopped does not wait for as long again", () => {
  const { pace, at } = paced();
  show(pace, "neighbour");
  const piece = pace.begin("stopped", "first");
  at.now += 7000;
  at.busy += 1;
  pace.end(piece);
  show(pace, "neighbour");
  expect(pace.mayBegin("stopped")).toBe(true);
  // The one after it is not taken for long either.
  pace.end(pace.begin("stopped", "first"));
  expect(pace.mayBegin("stopped")).toBe(true);
});

test("time in which the collector stopped the loop is nobody's, whether the piece is over or not", () => {
  for (const isOver of [true, false]) {
    const parts = paced();
    const { pace, at } = parts;
    show(pace, "neighbour");
    const piece = pace.begin("tenant", "first");
    work(parts, 2);
    const from = at.now;
    work(parts, 40);
    if (isOver) pace.end(piece);
    expect(pace.mayBegin("tenant")).toBe(!isOver);
    pace.collected(from, 38);
    expect([pace.isAhead(piece), pace.mayBegin("tenant")]).toEqual([false, true]);
    if (!isOver) pace.end(piece);
    // Nor is it what the next piece is expected to cost.
    const next = pace.begin("tenant", "first");
    expect(pace.isAhead(next)).toBe(false);
    pace.end(next);
  }
});

test("a collection counts for nobody but once, and one in time that is nobody's changes nothing", () => {
  const parts = paced();
  const { pace, at } = parts;
  show(pace, "neighbour");
  const piece = pace.begin("tenant", "first");
  work(parts, 100);
  pace.end(piece);
  work(parts, 1);
  pace.collected(at.now - 1, 90);
  expect(pace.isAhead(piece)).toBe(true);
  for (let times = 0; times < 3; times++) pace.collected(50, 10);
  expect(pace.isAhead(piece)).toBe(true);
});
