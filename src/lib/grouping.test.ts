import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createGrouping } from "./grouping.ts";

/** An item is text of as many bytes; of one tenant, and one row, where it says nothing else. */
const bounds = { sizeOf: (item: string) => ({ rows: 1, bytes: item.length }), tenantOf: () => "" };

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
  const grouping = createGrouping(work, { ...bounds, maxRows: 10, maxBytes: 100 });
  const first = grouping.add("a");
  await settled();
  const rest = ["b", "c", "d"].map((item) => grouping.add(item));
  await settled();
  expect(groups).toEqual([["a"]]);
  open();
  expect(await Promise.all([first, ...rest])).toEqual(["A", "B", "C", "D"]);
  expect(groups).toEqual([["a"], ["b", "c", "d"]]);
});

test("a group keeps to its number of rows and of bytes, and an item beyond those goes alone", async () => {
  const { work, groups, open } = gated();
  open();
  const grouping = createGrouping(work, { ...bounds, maxRows: 3, maxBytes: 10 });
  await Promise.all(
    ["1", "2", "3", "4", "twelve bytes", "123456", "1234", "5"].map((item) => grouping.add(item)),
  );
  expect(groups).toEqual([["1", "2", "3"], ["4"], ["twelve bytes"], ["123456", "1234"], ["5"]]);
});

/** Items such as `flood:60`: whose, and how many rows. */
const written = {
  sizeOf: (item: string) => ({ rows: Number(item.split(":")[1]), bytes: 0 }),
  tenantOf: (item: string) => item.split(":")[0] ?? "",
};

test("one tenant's mails with many copies fill a group by their copies, and delay others by two groups at most", async () => {
  const { work, groups, open } = gated();
  const grouping = createGrouping(work, { ...written, maxRows: 64, maxBytes: 100 });
  const flood = Array.from({ length: 6 }, () => grouping.add("flood:60"));
  await settled();
  const others = ["a:1", "b:2", "c:1"].map((item) => grouping.add(item));
  open();
  await Promise.all([...flood, ...others]);
  expect(groups.slice(0, 2)).toEqual([["flood:60"], ["flood:60", "a:1", "b:2", "c:1"]]);
  expect(groups).toHaveLength(6);
});

test("one tenant's many mails leave each other's first a place in the next group", async () => {
  const { work, groups, open } = gated();
  const grouping = createGrouping(work, { ...written, maxRows: 4, maxBytes: 100 });
  const all = ["flood:1", ...Array.from({ length: 9 }, () => "flood:1"), "a:1", "a:1", "b:1"].map((item) =>
    grouping.add(item),
  );
  open();
  await Promise.all(all);
  expect(groups.slice(0, 2)).toEqual([
    ["flood:1", "a:1", "b:1", "flood:1"],
    ["a:1", "flood:1", "flood:1", "flood:1"],
  ]);
});

test("an item that cannot be done fails alone; its neighbours are done", async () => {
  const work = async (items: readonly string[]): Promise<string[]> => {
    if (items.includes("poison")) throw new Error("no");
    return [...items];
  };
  const grouping = createGrouping(work, { ...bounds, maxRows: 10, maxBytes: 100 });
  const outcomes = await Promise.allSettled(["a", "poison", "b"].map((item) => grouping.add(item)));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(await grouping.add("afterwards")).toBe("afterwards");
});

test("a group has no more rows of one tenant than it may have, what the others' may be, and one item at least", async () => {
  const { work, groups, open } = gated();
  open();
  const done: [string, number][][] = [];
  const grouping = createGrouping(work, {
    ...written,
    maxRows: 100,
    maxBytes: 1000,
    maxRowsOf: (tenant) => (tenant === "flood" ? 4 : 100),
    onDone: (rows) => void done.push([...rows]),
  });
  const items = ["flood:9", "flood:2", "flood:2", "flood:2", "other:50", "other:40"];
  await Promise.all(items.map((item) => grouping.add(item)));
  expect(groups).toEqual([["flood:9", "other:50", "other:40"], ["flood:2", "flood:2"], ["flood:2"]]);
  expect(done[0]).toEqual([
    ["flood", 9],
    ["other", 90],
  ]);
});
