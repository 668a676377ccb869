/** The one way a list is ordered and continued: by a time column and then the id, never by offset. */
import type { SelectQueryBuilder } from "kysely";
import { sql } from "kysely";
import type { PageRequest } from "./cursor.ts";

/**
 * Orders `query` by (`column`, id), starts it behind the page's cursor and fetches one row more than the page, which
 * tells whether there is another. The tuple comparison is what lets PostgreSQL walk an index that ends in the two.
 */
export function keyset<Database, Table extends keyof Database, Row>(
  query: SelectQueryBuilder<Database, Table, Row>,
  column: string,
  page: PageRequest,
  idColumn = "id",
): SelectQueryBuilder<Database, Table, Row> {
  const direction = page.ascending ? "asc" : "desc";
  const ordered = query
    .orderBy(sql.ref(column), direction)
    .orderBy(sql.ref(idColumn), direction)
    .limit(page.size + 1);
  if (page.after === null) return ordered;
  const { at, id } = page.after;
  const comparison = sql.raw(page.ascending ? ">" : "<");
  return ordered.where(
    sql<boolean>`(${sql.ref(column)}, ${sql.ref(idColumn)}) ${comparison} (${at}::timestamptz, ${id}::uuid)`,
  );
}

/** LIKE pattern for a substring: its own wildcards mean themselves. */
export const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
