/** Keyset pagination: a list continues after the sort key of the last item, never from an offset. */

/** How the parts of a list's sort key are compared, in PostgreSQL's types. */
export type SortType = "timestamptz" | "uuid" | "text" | "float8";

/** Types of the columns that a list is ordered by; the last is unique and breaks ties. */
export type SortKey = readonly SortType[];

/** What most lists are ordered by: a time and the id. */
export const byTime: SortKey = ["timestamptz", "uuid"];

/** Values of an item's sort key, one for each part: a Date for timestamptz, a number for float8, text for the rest. */
export type Cursor = readonly (Date | number | string)[];

/** What every list operation takes. `size` is already bounded by the edge; `after` fits the list's sort key. */
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

/** Cuts a page from rows fetched with `size + 1`: the extra row only shows that there is another page. */
export function pageOf<Item>(
  rows: readonly Item[],
  request: PageRequest,
  cursorOf: (item: Item) => Cursor,
): Page<Item> {
  const items = rows.slice(0, request.size);
  const last = items.at(-1);
  return { items, next: rows.length > request.size && last !== undefined ? cursorOf(last) : null };
}
