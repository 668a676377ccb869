/** Which values are on which lists, for those who judge messages. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

/** A question: is this value on this list? */
export interface Probe {
  readonly listId: string;
  readonly value: string;
}

/**
 * Those of the probes that hold, in one statement: one look at the lists' index for each, however long the lists are. A list that was
 * deleted has nothing.
 *
 * The condition on `asked` says what holds of every item. It has PostgreSQL expect a third of the ten probes that it takes an array
 * for, and so keep one plan: without it that plan looks dearer than one made for each execution, whose making takes 200 µs.
 */
export async function findListedValues(tx: Tx, scope: AnyScope, probes: readonly Probe[]): Promise<Probe[]> {
  if (probes.length === 0) return [];
  const lists = sql`${probes.map(({ listId }) => listId)}::uuid[]`;
  const values = sql`${probes.map(({ value }) => value)}::text[]`;
  // A request about a pod asks the lists that rules which judge it name: see migrations/0034_rules_of_a_pod.sql.
  const isOfPod = !scope.rows.system && scope.rows.podId !== null;
  const { rows } = await (isOfPod
    ? sql<{
        list_id: string;
        value: string;
      }>`select list_id, value from rookery_listed_values(${lists}, ${values})`
    : sql<{ list_id: string; value: string }>`
      select i.list_id, i.value from unnest(${lists}, ${values}) as asked (list_id, value)
      join value_list_items i on i.list_id = asked.list_id and i.value = asked.value
      where asked.value > ''`
  ).execute(tx.within(scope));
  return rows.map((row) => ({ listId: row.list_id, value: row.value }));
}
