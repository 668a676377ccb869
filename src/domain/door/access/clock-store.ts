/** SQL of PostgreSQL's clock. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "./scope.ts";

/** @returns of PostgreSQL's now and ours the earlier */
export async function earlierNow(tx: Tx, scope: SystemScope, ours: Date): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select least(now(), ${ours}::timestamptz) as now`.execute(
    tx.within(scope),
  );
  return rows[0]?.now ?? ours;
}
