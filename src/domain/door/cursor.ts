/** Keyset position in a list: the sort key of the last item seen, and its id to break ties. */
export interface Cursor {
  readonly at: Date;
  readonly id: string;
}

/** What every list operation takes. `size` is already bounded by the edge. */
export interface PageRequest {
  readonly size: number;
  readonly after: Cursor | null;
  readonly ascending: boolean;
}

/** One page, in order, and where the next one starts; null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: Cursor | null;
}

/** Cuts a page from rows fetched with `size + 1`: the extra row only tells that there is more. */
export function pageOf<Item>(
  rows: readonly Item[],
  request: PageRequest,
  cursorOf: (item: Item) => Cursor,
): Page<Item> {
  const items = rows.slice(0, request.size);
  const last = items.at(-1);
  return { items, next: rows.length > request.size && last !== undefined ? cursorOf(last) : null };
}
