/** Columns of statements that are asked often. */
import { type AliasedRawBuilder, sql } from "kysely";

/**
 * Columns as one text, for `select(...)` with a `$castTo` of their row behind it. The query builder makes and walks some six objects for each that is named
 * by itself: for the 26 of a message that takes as long as all else that is done here for the statement.
 * @param columns qualified with their table; the names are ours, and not quoted
 */
export function asText(columns: readonly [...string[], string]): AliasedRawBuilder<unknown, string> {
  const last = columns.at(-1) ?? "";
  return sql.raw(columns.join(", ")).as(last.slice(last.lastIndexOf(".") + 1));
}
