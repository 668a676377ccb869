import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createGrouping } from "./grouping.ts";

const bytesOf = (item: string): number => item.length;

/** Work that is done on command, and gives each item back in capitals. */
function gated(): {
  work: (items: readonly string[]) => Promise<string[]>;
  groups: string[][];
  open(): void;
} {
  const groups: string[][] = [];
  let gate = Promise.withResolvers<void>();
  return {
    groups,
    async work(items) {
      groups.push([...items]);
      await gate.promise;
      return items.map((item) => item.toUpperCase());
    },
    open() {
      gate.resolve();
      gate = Promise.withResolvers();
      gate.resolve();
    },
  };
}

/** Lets everything run that does not wait for the gate. */
async function settled(): Promise<void> {
  for (let count = 0; count < 5; count++) await turn();
}

test("what comes while a group is under way goes together in the next, each with its own result", async () => {
  const { work, groups, open } = gated();
  const grouping = createGrouping(work, { maxItems: 10, maxBytes: 100, bytesOf });
  const first = grouping.add("a");
  await settled();
  const rest = ["b", "c", "d"].map((item) => grouping.add(item));
  await settled();
  expect(groups).toEqual([["a"]]);
  open();
  expect(await Promise.all([first, ...rest])).toEqual(["A", "B", "C", "D"]);
  expect(groups).toEqual([["a"], ["b", "c", "d"]]);
});

test("a group keeps to its number of items and of bytes, and an item beyond those goes alone", async () => {
  const { work, groups, open } = gated();
  open();
  const grouping = createGrouping(work, { maxItems: 3, maxBytes: 10, bytesOf });
  await Promise.all(
    ["1", "2", "3", "4", "twelve bytes", "123456", "1234", "5"].map((item) => grouping.add(item)),
  );
  expect(groups).toEqual([["1", "2", "3"], ["4"], ["twelve bytes"], ["123456", "1234"], ["5"]]);
});

test("an item that cannot be done fails alone; its neighbours are done", async () => {
  const work = async (items: readonly string[]): Promise<string[]> => {
    if (items.includes("poison")) throw new Error("no");
    return [...items];
  };
  const grouping = createGrouping(work, { maxItems: 10, maxBytes: 100, bytesOf });
  const outcomes = await Promise.allSettled(["a", "poison", "b"].map((item) => grouping.add(item)));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(await grouping.add("afterwards")).toBe("afterwards");
});
