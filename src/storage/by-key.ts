/** The condition that reads rows by their keys. */
import { type RawBuilder, sql } from "kysely";

/**
 * Rows by their keys. Of one pod by its index alone: beside another condition on the pod the planner would rather read all there is of it.
 * @param table as the statement calls it
 */
export function byKey(
  table: string,
  keys: readonly { readonly podId: string; readonly id: string }[],
): RawBuilder<boolean> {
  const [podId, id] = [sql.ref(`${table}.pod_id`), sql.ref(`${table}.id`)];
  const [first] = keys;
  const ids = keys.map((key) => key.id);
  if (first !== undefined && keys.every((key) => key.podId === first.podId))
    return sql`${podId} = ${first.podId} and ${id} = any(${ids}::uuid[])`;
  const pods = keys.map((key) => key.podId);
  return sql`(${podId}, ${id}) in (select * from unnest(${pods}::uuid[], ${ids}::uuid[]))`;
}
