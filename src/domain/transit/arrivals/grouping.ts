/**
 * Groups concurrent work: one statement, and one fsync, costs nearly the same for one message as for sixty. What
 * arrives while a group is under way waits for the next: at low load nothing waits, at high load the groups grow by
 * themselves. See docs/decisions/0002-group-commit.md.
 */

import { setImmediate as turn } from "node:timers/promises";
import { prefixWithin } from "../../../lib/prefix-within.ts";

export interface Grouping<Item, Result> {
  /** Resolves with this item's result. Rejects when the item, tried alone, failed. */
  add(item: Item): Promise<Result>;
}

export interface GroupBounds<Item> {
  /** Items of one group. */
  readonly maxItems: number;
  /** Of one group with more than one item. */
  readonly maxBytes: number;
  readonly bytesOf: (item: Item) => number;
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
  let waiting: Waiting<Item, Result>[] = [];
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
    while (waiting.length > 0) {
      // Lets the data of other sockets that is already readable join this group.
      await turn();
      const sizes = waiting.slice(0, bounds.maxItems).map(({ item }) => bounds.bytesOf(item));
      const count = prefixWithin(sizes, bounds.maxItems, bounds.maxBytes);
      const group = waiting.slice(0, count);
      waiting = waiting.slice(count);
      await settle(group);
    }
    busy = false;
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (!busy) void drain();
      }),
  };
}
