import { expect, it } from "vitest";
import { createTurnTaking } from "./turn-taking.ts";

/** TurnTaking that the test ends, in the order in which they began. */
function heldTurns(places: number) {
  const begun: string[] = [];
  const ends: ((hasMore: boolean) => void)[] = [];
  const failures: unknown[] = [];
  const turns = createTurnTaking({
    places,
    turn(tenant) {
      begun.push(tenant);
      return new Promise((resolve) => ends.push(resolve));
    },
    onFailure: (error) => failures.push(error),
  });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const end = async (index: number, hasMore: boolean): Promise<void> => {
    ends[index]?.(hasMore);
    await settled();
  };
  return { turns, begun, end, failures };
}

it("a tenant with more to do goes behind those that wait", async () => {
  const { turns, begun, end } = heldTurns(1);
  for (const tenant of ["flood", "one", "two"]) turns.wake(tenant);
  for (let turn = 0; turn < 5; turn++) await end(turn, begun[turn] === "flood");
  expect(begun).toEqual(["flood", "one", "two", "flood", "flood", "flood"]);
});

it("no tenant has two turns at once, and one that is woken during its turn has another", async () => {
  const { turns, begun, end } = heldTurns(3);
  for (const tenant of ["a", "a", "b"]) turns.wake(tenant);
  expect(begun).toEqual(["a", "b"]);
  await end(0, false);
  expect(begun).toEqual(["a", "b", "a"]);
  await end(2, false);
  await end(1, false);
  expect(begun).toEqual(["a", "b", "a"]);
});

it("a turn that fails is told of, ends, and leaves its place to the next", async () => {
  const failures: unknown[] = [];
  const begun: string[] = [];
  const turns = createTurnTaking({
    places: 1,
    async turn(tenant) {
      begun.push(tenant);
      if (tenant === "bad") throw new Error("no database");
      return false;
    },
    onFailure: (error) => failures.push(error),
  });
  turns.wake("bad");
  turns.wake("good");
  await new Promise((resolve) => setImmediate(resolve));
  await turns.stop();
  expect([begun, failures]).toEqual([["bad", "good"], [new Error("no database")]]);
});

it("stopping begins no turn and waits for those under way", async () => {
  const { turns, begun, end } = heldTurns(1);
  turns.wake("a");
  turns.wake("b");
  let isStopped = false;
  const stopped = turns.stop().then(() => {
    isStopped = true;
  });
  turns.wake("c");
  await new Promise((resolve) => setImmediate(resolve));
  expect(isStopped).toBe(false);
  await end(0, true);
  await stopped;
  expect(begun).toEqual(["a"]);
});
