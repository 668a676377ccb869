import { expect, test } from "vitest";
import { openLoopTurns } from "../../test/support/loop-turns.ts";
import { type LoopTurns, LoopTurnsFull } from "./loop-turns.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A piece of work that does nothing but say that it has begun. */
const begin = (turns: LoopTurns, tenant: string, begun: () => unknown): Promise<void> =>
  turns.during(tenant, async () => void begun());

test("the first piece of a tenant in a turn of the loop begins at once, the others one a turn, in their order", async () => {
  const turns = openLoopTurns(10);
  const begun: number[] = [];
  const all = [0, 1, 2, 3].map((piece) => begin(turns, "a", () => begun.push(piece)));
  await Promise.resolve();
  expect(begun).toEqual([0]);
  for (const count of [1, 2, 3]) {
    await turn();
    await turn();
    expect(begun.length).toBeLessThanOrEqual(1 + 2 * count);
  }
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test("a tenant does not wait for the pieces of another, however many", async () => {
  const turns = openLoopTurns(1000);
  const order: string[] = [];
  const flood = Array.from({ length: 100 }, () => begin(turns, "flood", () => order.push("flood")));
  const neighbour = [1, 2].map(() => begin(turns, "neighbour", () => order.push("neighbour")));
  await Promise.all(neighbour);
  expect(order.lastIndexOf("neighbour")).toBeLessThanOrEqual(5);
  await Promise.all(flood);
});

test("a piece that comes later does not overtake those of its tenant that wait", async () => {
  const turns = openLoopTurns(10);
  const order: string[] = [];
  const first = [0, 1].map((piece) => begin(turns, "a", () => order.push(`${piece}`)));
  await Promise.resolve();
  await Promise.all([...first, begin(turns, "a", () => order.push("later"))]);
  expect(order).toEqual(["0", "1", "later"]);
});

test("what takes long lets others begin between its pieces", async () => {
  const turns = openLoopTurns(10);
  const order: string[] = [];
  const long = turns.during("a", async (pause) => {
    order.push("first");
    await pause();
    order.push("next");
    await pause();
    order.push("last");
  });
  const others = ["b", "c"].map((tenant) => begin(turns, tenant, () => order.push(tenant)));
  await Promise.all([long, ...others]);
  expect(order).toEqual(["first", "b", "c", "next", "last"]);
});

test("work that has begun goes on before work of the same tenant that has not", async () => {
  const turns = openLoopTurns(10);
  const order: string[] = [];
  const all = ["a", "b", "c"].map((name) =>
    turns.during("tenant", async (pause) => {
      for (let piece = 0; piece < 3; piece++) {
        if (piece > 0) await pause();
        order.push(name);
      }
    }),
  );
  await Promise.all(all);
  expect(order.join("")).toBe("aaabbbccc");
});

test("no more of a tenant wait than may, and those of others still do", async () => {
  const turns = openLoopTurns(2);
  const all = [0, 1, 2].map(() => begin(turns, "a", () => undefined));
  await expect(begin(turns, "a", () => undefined)).rejects.toThrow(LoopTurnsFull);
  await begin(turns, "b", () => undefined);
  await Promise.all(all);
});

test("work knows whether another tenant had something to do of late, and outside of work it is taken that one had", async () => {
  const turns = openLoopTurns(10);
  expect(turns.isShared()).toBe(true);
  await turns.during("a", async () => {
    expect(turns.isShared()).toBe(false);
    await begin(turns, "b", () => undefined);
    expect(turns.isShared()).toBe(true);
  });
});

/** Has a connection come in each turn, and says how many turns passed until three pieces of a tenant had begun. */
async function turnsForThree(turnMs: number): Promise<number> {
  let now = 0;
  const turns = openLoopTurns(10, () => now);
  let begun = 0;
  let passed = 0;
  turns.arrived();
  const all = [0, 1, 2].map(() => begin(turns, "a", () => begun++));
  await Promise.resolve();
  expect(begun).toBe(0);
  for (; begun < 3 && passed < 200; passed++) {
    now += turnMs;
    await turn();
    turns.arrived();
  }
  await Promise.all(all);
  return passed;
}

test("connections that came in have turns of their own, for as long as an ordinary piece of work takes", async () => {
  const passed = await turnsForThree(0.125);
  expect(passed).toBeGreaterThan(30);
  expect(passed).toBeLessThan(100);
});

test("turns that connections make long hold no piece up for more than one of them", async () => {
  expect(await turnsForThree(3)).toBeLessThanOrEqual(6);
});
