import type pg from "pg";

/** Requests' transactions that are open in the connection's database and ask for nothing, whatever they wait for. */
export async function openTransactions(on: pg.Client): Promise<number> {
  const { rows } = await on.query(`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'rookery_app' and state like 'idle in transaction%'`);
  return rows[0].count;
}
