/** Every table that names a pod is emptied when the pod is deleted: by the job, with the pod's row, or as what is its own. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { largeTables } from "../../src/domain/tenancy/pods/ending-store.ts";
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

/** A row or two of each inbox, or one of the pod and of each domain it writes from: deleted with it. */
const small = [
  "receive_counts",
  "send_counts",
  "storage_counts",
  "outbound_inbox_standing",
  "outbound_standing",
  "outbound_warm_ups",
];
/** What happened is on record for its time. */
const kept = ["audit"];
/** Of reference tables: rookery_forget_pods; keys of a domain go with it. */
const forgotten = ["domains", "dkim_keys"];

test("a table with a pod's id is one of those that are emptied in batches, or known to be small, kept or forgotten", async () => {
  const { rows } = await client.query<{ names: string[]; homes: string[] }>(
    `select rookery_home_tables() as homes, array(
       select c.table_name::text from information_schema.columns c join information_schema.tables using (table_schema, table_name)
       where c.table_schema = 'public' and c.column_name = 'pod_id' and table_type = 'BASE TABLE'
         -- Rows of those that are the organization's name no pod.
         and not exists (select from pg_constraint where conrelid = c.table_name::regclass and contype = 'c'
           and pg_get_constraintdef(oid) = 'CHECK ((pod_id IS NULL))')) as names`,
  );
  const [found] = rows;
  const placed = [
    ...largeTables.map(({ table }) => table),
    ...small,
    ...kept,
    ...forgotten,
    ...(found?.homes ?? []),
  ];
  expect(found?.names.toSorted()).toEqual(placed.toSorted());
});

test("of each the rest of its key behind the pod is known, so that a batch is found by its index", async () => {
  for (const { table, key } of largeTables) {
    const { rows } = await client.query<{ columns: string[] }>(
      `select array(select a.attname::text from pg_index i cross join unnest(i.indkey) with ordinality as k (number, place)
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
         where i.indrelid = $1::regclass and i.indisprimary order by k.place) as columns`,
      [table],
    );
    expect(rows[0]?.columns, table).toEqual(["pod_id", ...key]);
  }
});
