/** Who waits for a lock in a test's own database: those of other files lie on the same server, and their waits say nothing. */
import { sql } from "kysely";
import type pg from "pg";
import { systemScope } from "../../src/domain/door/access/index.ts";
import type { Tx } from "../../src/storage/db.ts";

export interface LockWait {
  /** Of the process that waits. */
  readonly pid: number;
  /** As pg_locks calls it: relation, transactionid, tuple, advisory and others. */
  readonly locktype: string;
  /** Name of the table or index; null for what is none. */
  readonly relation: string | null;
}

/**
 * By a lock that the waiting process has or wants in this database: one of a transaction is of none. Not by pg_stat_activity, of which a transaction sees what was
 * there at its first look: whoever connected since would wait unseen.
 */
const statement = `select l.pid, l.locktype, c.relname as relation
  from pg_locks l left join pg_class c on c.oid = l.relation
  where not l.granted and exists (select from pg_locks own join pg_database d on d.oid = own.database
    where own.pid = l.pid and d.datname = current_database())`;

/** @param on a connection to the database, or a transaction there */
export async function lockWaits(on: pg.Client | Tx): Promise<readonly LockWait[]> {
  const { rows } =
    "query" in on
      ? await on.query<LockWait>(statement)
      : await sql.raw<LockWait>(statement).execute(on.within(systemScope));
  return rows;
}
