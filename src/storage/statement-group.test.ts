import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { eventually } from "../../test/support/eventually.ts";
import { systemScope } from "../domain/door/access/index.ts";
import { type Database, openDatabase, type Tx } from "./db.ts";
import { openExternal } from "./engines/external.ts";

let test: TestDatabase;
let database: Database;
/** Of another process. */
let other: Database;

beforeAll(async () => {
  test = await createDatabase();
  // One connection, so that each transaction follows the one before it there.
  [database, other] = [
    openDatabase(await openExternal(test.url), 1),
    openDatabase(await openExternal(test.url), 1),
  ];
});
afterAll(async () => {
  await database.close();
  await other.close();
  await test.drop();
});

const quotient = async (tx: Tx, divisor: number, text = "quotient"): Promise<number | undefined> => {
  const statement = sql<{ answer: number }>`select 6 / ${divisor}::integer as answer -- ${sql.raw(text)}`;
  return (await statement.execute(tx.within(systemScope))).rows[0]?.answer;
};

const reading = { isReadOnly: true, seesOneMoment: true } as const;

it("a read that is over holds no moment: the next on its connection sees what was written since", async () => {
  const named = (tx: Tx) =>
    sql`select from worker_processes where lock_key = ${4711}`.execute(tx.within(systemScope));
  const before = await database.transaction(systemScope, named, reading);
  await other.transaction(systemScope, (tx) =>
    sql`insert into worker_processes (id, lock_key, worker_ids, started_at)
      values (gen_random_uuid(), ${4711}, '{}', now())`.execute(tx.within(systemScope)),
  );
  const after = await database.transaction(systemScope, named, reading);
  expect([before.rows.length, after.rows.length]).toEqual([0, 1]);
});

it("a read's transaction ends when nothing follows on its connection", async () => {
  const backend = await database.transaction(
    systemScope,
    async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(
        tx.within(systemScope),
      );
      return rows[0]?.pid ?? 0;
    },
    reading,
  );
  // The same login as the connection's, from which PostgreSQL does not hide what it does.
  const client = new pg.Client({ connectionString: test.url });
  await client.connect();
  try {
    await eventually("it is over", async () => {
      const { rows } = await client.query("select state from pg_stat_activity where pid = $1", [backend]);
      return rows[0]?.state === "idle";
    });
  } finally {
    await client.end();
  }
});

it("what a read asked for and did not wait for fails nothing of the next transaction", async () => {
  const left = database
    .transaction(
      systemScope,
      async (tx) => {
        await quotient(tx, 1);
        quotient(tx, 0).catch(() => undefined);
      },
      reading,
    )
    .catch(() => undefined);
  const next = database.transaction(systemScope, (tx) => quotient(tx, 3));
  expect(await next).toBe(2);
  await left;
});

it("a statement that failed, or that was passed over behind one, is as good as new in the next transaction", async () => {
  const failing = database.transaction(systemScope, (tx) =>
    Promise.all([quotient(tx, 0, "failing"), quotient(tx, 1, "passed over")]),
  );
  await expect(failing).rejects.toMatchObject({ code: "22012" });
  for (const divisor of [1, 2])
    expect(
      await database.transaction(systemScope, (tx) =>
        Promise.all([quotient(tx, divisor, "passed over"), quotient(tx, divisor, "failing")]),
      ),
    ).toEqual([6 / divisor, 6 / divisor]);
});

it("what is asked behind a statement that failed, before its error is there, fails with that error", async () => {
  const errors: unknown[] = [];
  const failing = database.transaction(systemScope, async (tx) => {
    const note = (error: unknown): void => void errors.push(error);
    const [first, passedOver] = [quotient(tx, 0, "first"), quotient(tx, 1, "never prepared")];
    // Their group has left by then.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([
      first.catch(note),
      passedOver.catch(note),
      quotient(tx, 2, "never prepared").catch(note),
    ]);
  });
  await expect(failing).rejects.toThrow(/swallowed/);
  expect(errors).toHaveLength(3);
  for (const error of errors) expect(error).toBe(errors[0]);
});

it("a value that cannot be written fails its statement alone", async () => {
  const circular: Record<string, unknown> = {};
  circular["itself"] = circular;
  const answers = await database.readOnce(systemScope, (tx) =>
    Promise.all([
      sql`select ${circular}::jsonb`.execute(tx.within(systemScope)).catch(() => "refused"),
      quotient(tx, 2),
    ]),
  );
  expect(answers).toEqual(["refused", 3]);
});
