import { sql } from "kysely";
import { expect, it } from "vitest";
import { createDatabase } from "../../test/support/database.ts";
import { systemScope } from "../domain/door/access/index.ts";
import { openDatabase } from "./db.ts";
import { openExternal } from "./engines/external.ts";

it("a session in which nothing may be written is given up with the first write that it refuses", async () => {
  const test = await createDatabase();
  // One connection, so that whatever a transaction leaves behind meets the next one.
  const database = openDatabase(await openExternal(test.url), 1);
  const run = (statement: string): Promise<unknown> =>
    database.transaction(systemScope, (tx) => sql.raw(statement).execute(tx.within(systemScope)));
  await run("set session characteristics as transaction read only");
  const write =
    "insert into worker_processes (id, lock_key, started_at) values (gen_random_uuid(), 1, now())";
  await expect(run(write)).rejects.toThrow(/read-only transaction/);
  await expect(run(write)).resolves.toBeDefined();
  await database.close();
  await test.drop();
});
