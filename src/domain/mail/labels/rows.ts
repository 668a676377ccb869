/** Labels in rows of messages and threads: the condition of lists that are narrowed by them. */
import { type RawBuilder, sql } from "kysely";

/** Places in the list of labels that are looked at before row-level security: most messages have no more. */
const FIRST_PLACES = [1, 2, 3];

/**
 * Rows that carry all of `labels`. Row-level security has the array's own operator wait until a row was found to be in scope, which
 * costs ten times as much as the look at its labels: a filter that few of 300,000 rows pass took 108 ms, of which it was 70. What
 * only compares single elements cannot leak a row, so PostgreSQL does it first: the first few, and whether there are more.
 * @param column qualified where several tables have one
 */
export function carrying(column: string, labels: readonly string[]): RawBuilder<boolean> {
  const list = sql.ref(column);
  const mayCarry = labels.map((label) => {
    const places = FIRST_PLACES.map((place) => sql`(${list})[${sql.lit(place)}] = ${label}`);
    return sql`(${sql.join(places, sql` or `)} or (${list})[${sql.lit(FIRST_PLACES.length + 1)}] is not null)`;
  });
  return sql`(${sql.join([...mayCarry, sql`${list} @> ${[...labels]}::text[]`], sql` and `)})`;
}
