/**
 * Groups concurrent work: one statement, and one fsync, costs nearly the same for one message as for sixty. What
 * arrives while a group is under way waits for the next: at low load nothing waits, at high load the groups grow by
 * themselves. See docs/decisions/0002-group-commit.md.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { Turns } from "./turns.ts";

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
  /** Rows of one tenant in a group, with one item at least; maxRows when absent. */
  readonly maxRowsOf?: (tenant: string) => number;
  /** Told after each group of whose rows it had, and how many milliseconds it took. */
  readonly onDone?: (rows: ReadonlyMap<string, number>, ms: number) => void;
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
  // A group is nobody's own work, whoever's item began it: what it takes is told by onDone.
  const outside = AsyncLocalStorage.snapshot();

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
      const group = new Group(bounds);
      const entries = waiting.take(({ item }, tenant) => group.accept(item, tenant));
      const began = performance.now();
      await settle(entries);
      bounds.onDone?.(group.rowsOf, performance.now() - began);
    }
    busy = false;
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.add(bounds.tenantOf(item), { item, resolve, reject });
        if (!busy) void outside(drain);
      }),
  };
}

/** What a group has so far. Accepts a first item of any size, then what fits beside it. */
class Group<Item> {
  readonly #bounds: GroupBounds<Item>;
  readonly rowsOf = new Map<string, number>();
  #rows = 0;
  #bytes = 0;

  constructor(bounds: GroupBounds<Item>) {
    this.#bounds = bounds;
  }

  accept(item: Item, tenant: string): boolean {
    const { maxRows, maxBytes, sizeOf, maxRowsOf } = this.#bounds;
    const { rows, bytes } = sizeOf(item);
    const own = this.rowsOf.get(tenant) ?? 0;
    if (this.#rows > 0 && (this.#rows + rows > maxRows || this.#bytes + bytes > maxBytes)) return false;
    if (own > 0 && maxRowsOf !== undefined && own + rows > maxRowsOf(tenant)) return false;
    this.rowsOf.set(tenant, own + rows);
    this.#rows += rows;
    this.#bytes += bytes;
    return true;
  }
}
