/** Every table that names a pod is emptied when the pod is deleted: by the job, with the pod's row, or as what is its own. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distributedTables } from "../../src/storage/distributed-tables.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Of reference tables: rookery_forget_pods; keys of a domain go with it. */
const forgotten = ["domains", "dkim_keys"];
/** The job empties it, or deletes it with the pod. */
const distributed = distributedTables.map(({ table }) => table);

test("a table with a pod's id is one of those that are emptied in batches, or known to be forgotten", async () => {
  const { rows } = await client.query<{ names: string[]; homes: string[] }>(
    `select rookery_home_tables() as homes, array(
       select c.table_name::text from information_schema.columns c join information_schema.tables using (table_schema, table_name)
       where c.table_schema = 'public' and c.column_name = 'pod_id' and table_type = 'BASE TABLE'
         -- Rows of those that are the organization's name no pod.
         and not exists (select from pg_constraint where conrelid = c.table_name::regclass and contype = 'c'
           and pg_get_constraintdef(oid) = 'CHECK ((pod_id IS NULL))')) as names`,
  );
  const [found] = rows;
  expect(found?.names.toSorted()).toEqual([...distributed, ...forgotten, ...(found?.homes ?? [])].toSorted());
});

test("a table keyed by the pod alone, which no batch empties, goes with the pod's row", async () => {
  const { rows } = await client.query<{ table: string }>(
    `select conrelid::regclass::text as table from pg_constraint
     where contype = 'f' and confrelid = 'pods'::regclass and confdeltype = 'c'`,
  );
  const alone = distributedTables.flatMap(({ table, key }) => (key.length === 0 ? [table] : []));
  expect(alone).toContain("outbound_standing");
  expect(rows.map(({ table }) => table)).toEqual(expect.arrayContaining(alone));
});

test("each is listed behind those that it refers to, so that emptied from the end no deletion cascades", async () => {
  const { rows } = await client.query<{ from: string; to: string }>(
    `select conrelid::regclass::text as from, confrelid::regclass::text as to from pg_constraint
     where contype = 'f' and conrelid <> confrelid and conrelid::regclass::text = any ($1) and confrelid::regclass::text = any ($1)`,
    [distributed],
  );
  expect(rows).toContainEqual({ from: "messages", to: "threads" });
  expect(rows.filter(({ from, to }) => distributed.indexOf(from) < distributed.indexOf(to))).toEqual([]);
});

test("of each the rest of its key behind the pod is known, so that a batch is found by its index", async () => {
  for (const { table, key } of distributedTables) {
    const { rows } = await client.query<{ columns: string[] }>(
      `select array(select a.attname::text from pg_index i cross join unnest(i.indkey) with ordinality as k (number, place)
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
         where i.indrelid = $1::regclass and i.indisprimary order by k.place) as columns`,
      [table],
    );
    expect(rows[0]?.columns, table).toEqual(["pod_id", ...key]);
  }
});
