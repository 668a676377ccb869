/**
 * Groups concurrent work: one statement, and one fsync, costs nearly the same for one message as for sixty. What
 * arrives while a group is under way waits for the next: at low load nothing waits, at high load the groups grow by
 * themselves. See docs/decisions/0002-group-commit.md.
 */

import { setImmediate as turn } from "node:timers/promises";
import { Turns } from "../../../lib/turns.ts";

export interface Grouping<Item, Result> {
  /** Resolves with this item's result. Rejects when the item, tried alone, failed. */
  add(item: Item): Promise<Result>;
}

/** Bounds of a group with more than one item: an item beyond them goes alone. */
export interface GroupBounds<Item> {
  readonly maxRows: number;
  readonly maxBytes: number;
  /** What an item costs: `rows` is how many are written or looked up for it. */
  readonly sizeOf: (item: Item) => { readonly rows: number; readonly bytes: number };
  /** Whose item it is: tenants take turns, so that a group has something of each before it has more of one. */
  readonly tenantOf: (item: Item) => string;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @param work gives one result for each item, in their order. It must do all of them or none: when a group fails, its
 * items are tried one by one, so that one message that fails cannot make others fail.
 */
export function createGrouping<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  bounds: GroupBounds<Item>,
): Grouping<Item, Result> {
  const waiting = new Turns<Waiting<Item, Result>>();
  let busy = false;

  const settle = async (group: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await work(group.map((entry) => entry.item));
      if (results.length !== group.length)
        throw new Error("a group's work returned the wrong number of results");
      // Cast: the line above says that there is one.
      for (const [index, entry] of group.entries()) entry.resolve(results[index] as Result);
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      else for (const entry of group) await settle([entry]);
    }
  };

  const drain = async (): Promise<void> => {
    busy = true;
    while (!waiting.isEmpty) {
      // Lets the data of other sockets that is already readable join this group.
      await turn();
      await settle(waiting.take(within(bounds)));
    }
    busy = false;
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.add(bounds.tenantOf(item), { item, resolve, reject });
        if (!busy) void drain();
      }),
  };
}

/** Accepts a first item of any size, then what fits beside it. */
function within<Item>({
  maxRows,
  maxBytes,
  sizeOf,
}: GroupBounds<Item>): (entry: { readonly item: Item }) => boolean {
  let [rows, bytes] = [0, 0];
  return ({ item }) => {
    const size = sizeOf(item);
    if (rows > 0 && (rows + size.rows > maxRows || bytes + size.bytes > maxBytes)) return false;
    rows += size.rows;
    bytes += size.bytes;
    return true;
  };
}
