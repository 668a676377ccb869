/** The conditions that read rows by their keys. */
import { type RawBuilder, sql } from "kysely";

/**
 * An array of keys, for one plan of any number of them. PostgreSQL takes a parameter for an array of ten, so that a plan that is kept looks ten times as dear as
 * one made for the one value that there is, and whatever joins what it finds is planned anew each time: 0.5 ms for a look-up of 0.06. What a
 * sub-select gives it takes for ten whether it knows the values or not. (Citus lets it pass: one without FROM, of nothing that may change.)
 */
export const keyArray = (
  values: readonly (string | number | Date | null)[],
  type: "uuid" | "text" | "integer" | "timestamptz",
): RawBuilder<unknown> => sql`(select ${[...values]}::${sql.raw(type)}[])::${sql.raw(type)}[]`;

/** `any($1)` for `column =`, of a key that is text. */
export const anyKey = (values: readonly string[]): RawBuilder<string> =>
  sql`any(${keyArray(values, "text")})`;

/**
 * Rows by their keys. Of one pod by its index alone: beside another condition on the pod, or joined with what names the ids, the planner would rather
 * read all there is of it, as it does not know a pod that is larger than most, nor a table that has just begun to fill. Citus locks rows only in a statement of one pod.
 * @param table as the statement calls it
 * @param column what `id` is compared with
 */
export function byKey(
  table: string,
  keys: readonly { readonly podId: string; readonly id: string }[],
  column = "id",
): RawBuilder<boolean> {
  const [podId, id] = [sql.ref(`${table}.pod_id`), sql.ref(`${table}.${column}`)];
  const [first] = keys;
  const ids = keys.map((key) => key.id);
  if (first !== undefined && keys.every((key) => key.podId === first.podId))
    return sql`${podId} = ${first.podId} and ${id} = any(${keyArray(ids, "uuid")})`;
  const pods = keys.map((key) => key.podId);
  return sql`(${podId}, ${id}) in (select * from unnest(${pods}::uuid[], ${ids}::uuid[]))`;
}

/**
 * A condition besides one on (pod_id, ...): `column` is the keys' pod when they have one in common, else true. Citus locks
 * rows only in a statement that it can route to one node.
 */
export function inTheirPod(column: string, keys: readonly { readonly podId: string }[]): RawBuilder<boolean> {
  const podId = keys[0]?.podId;
  return keys.every((key) => key.podId === podId) ? sql`${sql.ref(column)} = ${podId}` : sql`true`;
}
