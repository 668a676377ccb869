import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

/** A queue of these items, whose first letter is their tenant. */
function queueOf(...items: string[]): Turns<string> {
  const turns = new Turns<string>();
  for (const item of items) turns.add(item.slice(0, 1), item);
  return turns;
}

/** Takes at most so many characters. */
function within(length: number): (item: string) => boolean {
  let used = 0;
  return (item) => {
    if (used + item.length > length) return false;
    used += item.length;
    return true;
  };
}

test("tenants take turns, and each one's items keep their order", () => {
  const turns = queueOf("a1", "a2", "a3", "a4", "b1", "b2", "c1");
  expect(turns.take(() => true)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
  expect(turns.isEmpty).toBe(true);
});

test("a later call goes on where the one before ended", () => {
  const turns = queueOf("a1", "a2", "a3", "b1", "b2");
  expect(turns.take(within(6))).toEqual(["a1", "b1", "a2"]);
  turns.add("c", "c1");
  expect(turns.take(within(6))).toEqual(["b2", "a3", "c1"]);
});

test("a tenant whose item does not fit is passed over for smaller ones, and comes first next time", () => {
  const turns = queueOf("a1", "b-is-long", "b2", "c1", "c2");
  expect(turns.take(within(8))).toEqual(["a1", "c1", "c2"]);
  turns.add("a", "a2");
  expect(turns.take(within(11))).toEqual(["b-is-long", "a2"]);
  expect(turns.take(within(8))).toEqual(["b2"]);
});
