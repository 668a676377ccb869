/** Rows that PostgreSQL reads for an operation, by its own counters. */
import { sql } from "kysely";
import { systemScope } from "../../src/domain/door/access/index.ts";
import { createDoor } from "../../src/domain/door/door.ts";
import type { Operation, TargetKind } from "../../src/domain/door/operation.ts";
import type { At } from "../../src/domain/door/targets.ts";
import type { Tx } from "../../src/storage/db.ts";
import type { TestDoor } from "./test-door.ts";

/** So far in the transaction: what is found in an index alone is not read. */
export async function rowsSoFar(tx: Tx, table: string): Promise<number> {
  const { rows } = await sql<{ read: number }>`
    select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::integer as read from pg_stat_xact_user_tables
    where relname = ${table}`.execute(tx.within(systemScope));
  return rows[0]?.read ?? Number.NaN;
}

/** Runs an operation with the organization's key. @returns how many rows of the table it reads */
export async function rowsRead<Input, Kind extends TargetKind>(
  t: TestDoor,
  table: string,
  operation: Operation<Input, unknown, Kind>,
  at: At,
  input: Input,
): Promise<number> {
  let read = 0;
  const { database } = t;
  const counted: typeof database = {
    ...database,
    transaction: (scope, work, options) =>
      database.transaction(
        scope,
        async (tx) => {
          const before = await rowsSoFar(tx, table);
          const result = await work(tx);
          read += (await rowsSoFar(tx, table)) - before;
          return result;
        },
        options,
      ),
  };
  const door = createDoor({ ...t.parts, database: counted });
  await door.run(operation, await t.authenticator.authenticate(t.rootToken), at, input);
  return read;
}
