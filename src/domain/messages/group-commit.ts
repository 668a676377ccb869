/**
 * Groups concurrent work into shared commits. One fsync costs the same for one message and for sixty, so whatever
 * arrives while a commit is under way waits for it and then goes together: at low load nobody waits, at high load the
 * group grows by itself. See docs/decisions/0002-group-commit.md.
 */

export interface GroupCommit<Item> {
  /** Resolves once the item is committed. Rejects when it, tried alone, could not be. */
  add(item: Item): Promise<void>;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * `commit` must store all of its items or none. When a group fails, its items are tried one by one, so that one
 * poisonous message cannot refuse its neighbours'.
 */
export function createGroupCommit<Item>(
  commit: (items: readonly Item[]) => Promise<void>,
  maxItems: number,
): GroupCommit<Item> {
  let waiting: Waiting<Item>[] = [];
  let busy = false;

  const settle = async (group: readonly Waiting<Item>[]): Promise<void> => {
    try {
      await commit(group.map((entry) => entry.item));
      for (const entry of group) entry.resolve();
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      else for (const entry of group) await settle([entry]);
    }
  };

  const drain = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      const group = waiting.slice(0, maxItems);
      waiting = waiting.slice(maxItems);
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
