/** The calls that a migration makes for a new table. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let owner: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});

interface Scope {
  readonly organization?: string;
  readonly pod?: string;
  readonly inbox?: string;
}

/** Runs a statement as requests do, and rolls back. */
async function inScope(scope: Scope, sql: string): Promise<pg.QueryResult> {
  await owner.query("begin");
  try {
    await owner.query("set local role rookery_app");
    for (const [name, id] of Object.entries(scope))
      await owner.query(`set local rookery.${name}_id = '${id}'`);
    return await owner.query(sql);
  } finally {
    await owner.query("rollback");
  }
}

const organization = randomUUID();
const other = randomUUID();
const pod = randomUUID();
const neighbour = randomUUID();
const inbox = randomUUID();
const colleague = randomUUID();
const places = [
  { name: "mine", at: [organization, pod, inbox] },
  { name: "a colleague's", at: [organization, pod, colleague] },
  { name: "the pod's", at: [organization, pod, null] },
  { name: "a neighbour's", at: [organization, neighbour, randomUUID()] },
  { name: "the organization's", at: [organization, null, null] },
  { name: "another's", at: [other, randomUUID(), randomUUID()] },
];

test("a new table is isolated by one call: each scope sees and writes its own rows, whatever is null", async () => {
  await owner.query(
    "create table notes (organization_id uuid not null, pod_id uuid, inbox_id uuid, name text not null)",
  );
  for (const { name, at } of places)
    await owner.query("insert into notes values ($1, $2, $3, $4)", [...at, name]);
  await owner.query("select rookery_isolate('notes')");
  const seen = async (scope: Scope): Promise<string[]> =>
    (await inScope(scope, "select name from notes")).rows.map((row) => row.name);
  const all = places.map(({ name }) => name);
  expect(await seen({ organization })).toEqual(all.slice(0, 5));
  expect(await seen({ organization, pod })).toEqual(all.slice(0, 3));
  expect(await seen({ organization, pod, inbox })).toEqual(["mine"]);
  expect(await seen({ organization, pod, inbox: "" })).toEqual(all.slice(0, 3));
  expect(await seen({ organization: "", pod, inbox })).toEqual([]);
  expect(await seen({})).toEqual([]);
  const write = `insert into notes values ('${organization}', '${pod}', '${colleague}', 'written')`;
  expect((await inScope({ organization, pod }, write)).rowCount).toBe(1);
  await expect(inScope({ organization, pod, inbox }, write)).rejects.toThrow(/row-level security/);
  const give = `update notes set organization_id = '${other}'`;
  await expect(inScope({ organization, pod, inbox }, give)).rejects.toThrow(/row-level security/);
  const { rows } = await owner.query(
    "select relrowsecurity, relforcerowsecurity from pg_class where relname = 'notes'",
  );
  expect(rows).toEqual([{ relrowsecurity: true, relforcerowsecurity: true }]);
});

test("a table may say which columns it is isolated by, and what requests may do", async () => {
  await owner.query("create table marks (id uuid primary key, organization_id uuid not null)");
  await owner.query(
    "select rookery_isolate('marks', pod => 'id', inbox => null, granted => 'select'), rookery_isolate('marks', pod => 'id', inbox => null, granted => 'select')",
  );
  await expect(inScope({ organization }, "delete from marks")).rejects.toThrow(/permission denied/);
  const { rows } = await owner.query("select qual from pg_policies where tablename = 'marks' order by 1");
  expect(rows.map((row) => row.qual)).toEqual(["rookery_in_scope(organization_id, id)", "true"]);
  await expect(owner.query("select rookery_isolate('marks', pod => null, inbox => 'id')")).rejects.toThrow(
    /lies in an organization/,
  );
  await expect(inScope({ organization }, "select rookery_isolate('marks')")).rejects.toThrow(
    /permission denied/,
  );
});

test("a table that keeps blobs says so in one call", async () => {
  await owner.query("create table sketches (pod_id uuid, inbox_id uuid, hash bytea, kept boolean)");
  await owner.query("select rookery_refers_to_blobs('sketches', 'hash', 'kept')");
  await owner.query("insert into sketches values ($1, $2, 'one', true), ($1, $2, 'two', false)", [
    pod,
    inbox,
  ]);
  const { rows } = await owner.query("select pod_id, inbox_id, sha256::text from rookery_blob_references");
  expect(rows).toEqual([{ pod_id: pod, inbox_id: inbox, sha256: "\\x6f6e65" }]);
});
