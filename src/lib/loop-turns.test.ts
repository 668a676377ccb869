import { expect, test } from "vitest";
import { openLoopTurns } from "../../test/support/loop-turns.ts";
import { LoopTurnsFull } from "./loop-turns.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the first piece of a tenant in a turn of the loop begins at once, the others one a turn, in their order", async () => {
  const turns = openLoopTurns(10);
  expect(turns.take("a")).toBeNull();
  const begun: number[] = [];
  for (const piece of [1, 2, 3]) void turns.take("a")?.then(() => begun.push(piece));
  for (const count of [1, 2, 3]) {
    await turn();
    await turn();
    expect(begun.length).toBeLessThanOrEqual(2 * count);
  }
  for (let more = 0; more < 4; more++) await turn();
  expect(begun).toEqual([1, 2, 3]);
});

test("a tenant does not wait for the pieces of another, however many", async () => {
  const turns = openLoopTurns(1000);
  const order: string[] = [];
  for (let piece = 0; piece < 100; piece++)
    void (turns.take("flood") ?? turn()).then(() => order.push("flood"));
  expect(turns.take("neighbour")).toBeNull();
  const second = turns.take("neighbour");
  await second?.then(() => order.push("neighbour"));
  expect(order.indexOf("neighbour")).toBeLessThanOrEqual(3);
});

test("a piece that comes later does not overtake those of its tenant that wait", async () => {
  const turns = openLoopTurns(10);
  void turns.take("a");
  const order: string[] = [];
  const first = turns.take("a")?.then(() => order.push("first"));
  const second = turns.take("a")?.then(() => order.push("second"));
  await first;
  await Promise.all([second, turns.take("a")?.then(() => order.push("third"))]);
  expect(order).toEqual(["first", "second", "third"]);
});

test("no more of a tenant wait than may, and those of others still do", () => {
  const turns = openLoopTurns(2);
  for (let piece = 0; piece < 3; piece++) void turns.take("a");
  expect(() => turns.take("a")).toThrow(LoopTurnsFull);
  expect(turns.take("b")).toBeNull();
});
