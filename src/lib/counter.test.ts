import { expect, test } from "vitest";
import { Counter } from "./counter.ts";

test("counts by key and in all, and never below zero", () => {
  const counter = new Counter();
  counter.add("a");
  counter.add("b", 3);
  counter.remove("b", 2);
  expect([counter.of("a"), counter.of("b"), counter.of("c"), counter.total]).toEqual([1, 1, 0, 2]);
  counter.remove("a", 5);
  counter.remove("c");
  expect([counter.of("a"), counter.total]).toEqual([0, 1]);
});
