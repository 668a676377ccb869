/** SQL of keyset pagination: the one way a list is ordered and continued. */
import { type SelectQueryBuilder, sql } from "kysely";
import { KEYSET_PIECE_ROWS } from "../limits.ts";
import { byTime, type Cursor, type PageRequest, type SortKey } from "./cursor.ts";

/**
 * Orders `query` by `columns`, starts it after the page's cursor and fetches one row more than the page, which shows
 * whether there is another. The row comparison is what lets PostgreSQL walk an index that ends in those columns.
 * @param columns one for each part of `key`
 */
export function keyset<Database, Table extends keyof Database, Row>(
  query: SelectQueryBuilder<Database, Table, Row>,
  columns: readonly string[],
  page: PageRequest,
  key: SortKey = byTime,
): SelectQueryBuilder<Database, Table, Row> {
  const direction = page.ascending ? "asc" : "desc";
  const ordered = columns
    .reduce((sorted, column) => sorted.orderBy(sql.ref(column), direction), query)
    .limit(page.size + 1);
  const { after } = page;
  if (after === null) return ordered;
  if (after.length !== key.length || columns.length !== key.length)
    throw new Error("a cursor has one value for each part of the list's sort key");
  const values = after.map((value, index) => sql`${value}::${sql.raw(key[index] ?? "")}`);
  const comparison = sql.raw(page.ascending ? ">" : "<");
  const row = sql.join(columns.map((column) => sql.ref(column)));
  return ordered.where(sql<boolean>`(${row}) ${comparison} (${sql.join(values)})`);
}

/**
 * The rows of `keyset`, fetched in pieces one after the other: rows are read from the line to PostgreSQL as they come, and a thousand at once
 * keep the event loop from everybody else for as long as it takes to read them all. For lists whose rows are wide; in a transaction that
 * sees one moment, or a row that changes between two pieces is there twice or not at all.
 * @param cursorOf position of a row in the list
 */
export async function keysetInPieces<Database, Table extends keyof Database, Row>(
  query: SelectQueryBuilder<Database, Table, Row>,
  columns: readonly string[],
  page: PageRequest,
  cursorOf: (row: Row) => Cursor,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after = page.after; ; ) {
    const wanted = page.size - rows.length;
    const size = Math.min(KEYSET_PIECE_ROWS, wanted);
    const piece = await keyset(query, columns, { ...page, after, size }).execute();
    const last = piece[size - 1];
    // The row beyond a piece shows that there is another, which begins with it.
    if (size === wanted || piece.length <= size || last === undefined) return [...rows, ...piece];
    rows.push(...piece.slice(0, size));
    after = cursorOf(last);
  }
}

/** The rows of a page whose ids are known, in its order; in pieces as above. @param query which has no condition on the ids */
export async function idsInPieces<Database, Table extends keyof Database, Row>(
  query: SelectQueryBuilder<Database, Table, Row>,
  columns: readonly string[],
  { ascending }: PageRequest,
  ids: readonly string[],
): Promise<Row[]> {
  const id = sql.ref(columns.at(-1) ?? "id");
  const rows: Row[] = [];
  for (let from = 0; from < ids.length; from += KEYSET_PIECE_ROWS) {
    const own = ids.slice(from, from + KEYSET_PIECE_ROWS);
    const piece = query.where(sql<boolean>`${id} = any(${own}::uuid[])`);
    rows.push(...(await keyset(piece, columns, { size: own.length, after: null, ascending }).execute()));
  }
  return rows;
}

/** LIKE pattern for a substring: its own wildcards mean themselves. */
export const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
