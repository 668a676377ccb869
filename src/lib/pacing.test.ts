import { expect, test } from "vitest";
import { createPacing } from "./pacing.ts";

const bounds = { burst: 3, perSecond: 10, maxPauseMs: 500, maxKeys: 2 };

/** A pacing whose clock the test moves. */
function open() {
  let now = 1000;
  const pacing = createPacing(bounds, () => now);
  const pass = (ms: number): void => {
    now += ms;
  };
  return { pacing, pass };
}

test("within the burst there is no pause; behind it each waits longer, up to the longest", () => {
  const { pacing } = open();
  const pauses = Array.from({ length: 10 }, () => pacing.count("a"));
  expect(pauses).toEqual([0, 0, 0, 100, 200, 300, 400, 500, 500, 500]);
});

test("a key does not pay for another", () => {
  const { pacing } = open();
  for (let index = 0; index < 10; index++) pacing.count("a");
  expect(pacing.count("b")).toBe(0);
});

test("time forgives at the rate, and whoever stopped begins anew", () => {
  const { pacing, pass } = open();
  for (let index = 0; index < 5; index++) pacing.count("a");
  pass(100);
  expect(pacing.count("a")).toBe(200);
  pass(10_000);
  expect(pacing.count("a")).toBe(0);
});

test("what is taken back was not counted", () => {
  const { pacing } = open();
  for (let index = 0; index < 10; index++) {
    expect(pacing.count("a")).toBe(0);
    pacing.forgive("a");
  }
  pacing.forgive("nobody");
  expect(pacing.count("nobody")).toBe(0);
});

test("no more keys are remembered than the bound", () => {
  const { pacing } = open();
  for (let index = 0; index < 5; index++) pacing.count("a");
  pacing.count("b");
  pacing.count("c");
  expect(pacing.count("a")).toBe(0);
});
