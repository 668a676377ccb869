/** The condition that reads rows by their keys. */
import { type RawBuilder, sql } from "kysely";

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
    return sql`${podId} = ${first.podId} and ${id} = any(${ids}::uuid[])`;
  const pods = keys.map((key) => key.podId);
  return sql`(${podId}, ${id}) in (select * from unnest(${pods}::uuid[], ${ids}::uuid[]))`;
}
