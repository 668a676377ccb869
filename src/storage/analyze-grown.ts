/**
 * Runs ANALYZE on a table as soon as it holds something, and each time it has grown to twice what it was. What PostgreSQL knows of a table decides
 * between indexes (3.1 ms of database work for each mail instead of 0.8 where it knew nothing), and a plan is kept until it is told something new: one that was made
 * for the first page of a table reads all of it for each row that refers to it, when a fleet has made ten thousand. Autovacuum comes after a minute at the earliest.
 */
import type pg from "pg";

/** Rows from which on a wrong plan costs something. */
const ENOUGH_ROWS = 200;
/** How many times the rows that PostgreSQL knows of a table has to hold: a table of a million is analyzed a dozen times on its way. */
const GROWTH = 2;

/** @param pool as the owner of the tables */
export async function analyzeGrownTables(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ command: string }>(
    `select format('analyze %I.%I', s.schemaname, s.relname) as command
     from pg_stat_user_tables as s join pg_class as c on c.oid = s.relid
     where s.schemaname = 'public' and s.n_live_tup >= $1
       and (s.last_analyze is null and s.last_autoanalyze is null or s.n_live_tup >= $2 * c.reltuples)`,
    [ENOUGH_ROWS, GROWTH],
  );
  for (const { command } of rows) await pool.query(command);
}
