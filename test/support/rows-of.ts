/** What a pod holds of an inbox, in every table that there is. */
import { sql } from "kysely";
import { systemScope } from "../../src/domain/door/access/index.ts";
import type { TestDoor } from "./test-door.ts";

/**
 * Rows with the pod's id that are about the inbox: they name it, or are its own row; and bytes of the pod that nothing points at.
 * @returns how many, by table; tables without any are left out
 */
export async function rowsOf(
  test: TestDoor,
  podId: string,
  inboxId: string,
): Promise<ReadonlyMap<string, number>> {
  return test.behind(async (tx) => {
    const db = tx.within(systemScope);
    const { rows: tables } = await sql<{ name: string; columns: string[] }>`
      select c.table_name as name, array_agg(c.column_name::text) as columns
      from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
      where c.table_schema = 'public' and t.table_type = 'BASE TABLE' group by 1
      having 'pod_id' = any (array_agg(c.column_name::text))`.execute(db);
    const counts = new Map<string, number>();
    for (const { name, columns } of tables) {
      const isInbox = columns.includes("inbox_id")
        ? sql`inbox_id = ${inboxId}`
        : name === "inboxes"
          ? sql`id = ${inboxId}`
          : sql`false`;
      const isLost =
        name === "blobs"
          ? sql`not exists (select from rookery_blob_references r where r.pod_id = one.pod_id and r.sha256 = one.sha256)`
          : isInbox;
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from ${sql.table(name)} as one where pod_id = ${podId} and ${isLost}`.execute(
        db,
      );
      if ((rows[0]?.n ?? 0) > 0) counts.set(name, rows[0]?.n ?? 0);
    }
    return counts;
  });
}
