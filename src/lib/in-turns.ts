import { setImmediate as nextTurn } from "node:timers/promises";

/** Acts on each item in order, on so many of them in one turn of the event loop. @param atOnce one at least @throws as `act` does, which then acts on no more of them */
export async function inTurns<Item>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => void,
): Promise<void> {
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % atOnce === 0) await nextTurn();
    act(item);
  }
}
