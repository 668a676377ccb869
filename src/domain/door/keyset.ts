/** SQL of keyset pagination: the one way a list is ordered and continued. */
import { type SelectQueryBuilder, sql } from "kysely";
import { byTime, type PageRequest, type SortKey } from "./cursor.ts";

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

/** LIKE pattern for a substring: its own wildcards mean themselves. */
export const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
