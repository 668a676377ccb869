/** The time of two clocks. */
import { sql } from "kysely";
import type { Tx } from "./db.ts";
import type { RowScope } from "./row-scope.ts";

/** @returns of PostgreSQL's now and ours the earlier */
export async function earlierNow(tx: Tx, scope: RowScope, ours: Date): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select least(now(), ${ours}::timestamptz) as now`.execute(
    tx.within(scope),
  );
  return rows[0]?.now ?? ours;
}
