import { expect, it } from "vitest";
import { createHeapBudget } from "./heap-budget.ts";

it("one tenant has as much as is free, and another beside it gets its part", () => {
  const budget = createHeapBudget(100);
  expect(budget.tryReserve("one", 30)).not.toBeNull();
  expect(budget.tryReserve("one", 20)).not.toBeNull();
  expect(budget.tryReserve("one", 10)).toBeNull();
  expect(budget.tryReserve("other", 40)).not.toBeNull();
  expect(budget.tryReserve("other", 40)).toBeNull();
});

it("what fits beside nothing is granted while nothing else is held, and nothing beside it until it is released", () => {
  const budget = createHeapBudget(100);
  const large = budget.tryReserve("one", 90);
  expect(large).not.toBeNull();
  expect(budget.tryReserve("other", 20)).toBeNull();
  large?.release();
  large?.release();
  expect(budget.tryReserve("other", 20)).not.toBeNull();
  expect(budget.tryReserve("one", 90)).toBeNull();
  expect(createHeapBudget(100).tryReserve("one", 101)).toBeNull();
});

it("a reservation grows by the same rule, and keeps what it has when it may not", () => {
  const budget = createHeapBudget(100);
  const one = budget.tryReserve("one", 40);
  expect(one?.tryGrow(40)).toBe(true);
  expect(one?.tryGrow(40)).toBe(false);
  expect(budget.tryReserve("other", 30)).toBeNull();
  const other = budget.tryReserve("other", 20);
  expect(other?.tryGrow(1)).toBe(false);
  one?.release();
  expect(other?.tryGrow(80)).toBe(true);
  expect(other?.tryGrow(1)).toBe(false);
});
