import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findInboxTargets, findRecipients, systemScope } from "../../src/domain/door/access/index.ts";
import { mintScope } from "../../src/domain/door/access/scope.ts";
import { byKey } from "../../src/storage/by-key.ts";
import { openTestDoor, type TestDoor } from "../support/test-door.ts";

let t: TestDoor;
let db: pg.Client;
beforeAll(async () => {
  t = await openTestDoor();
  db = new pg.Client(t.engine.connection);
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await t.close();
});

const SMALL_PODS = 3000;
const LARGE_POD = 2000;
let large: string;
beforeAll(async () => {
  large = await t.seed.pod();
  await db.query("set role rookery_worker");
  await db.query(
    `insert into pods (id, organization_id, name, created_at, updated_at)
      select gen_random_uuid(), organization_id, 'small', now(), now() from pods, generate_series(1, ${SMALL_PODS}) where id = $1`,
    [large],
  );
  await db.query(
    `insert into inboxes (pod_id, organization_id, id, address, created_at, updated_at)
      select id, organization_id, gen_random_uuid(), id || '@rookery.localhost', now(), now() from pods where name = 'small'
      union all
      select id, organization_id, gen_random_uuid(), n || '-large@rookery.localhost', now(), now()
        from pods, generate_series(1, ${LARGE_POD}) as n where id = $1`,
    [large],
  );
  await db.query(`insert into addresses (address, pod_id, organization_id, inbox_id)
    select address, pod_id, organization_id, id from inboxes`);
  await db.query("reset role");
  for (const table of ["pods", "inboxes", "addresses"]) await db.query(`analyze ${table}`);
});

it("an inbox of a large pod among many small ones is looked up by its key", async () => {
  // As foreign keys look it up, and statements whose plan is kept.
  await db.query("set plan_cache_mode = force_generic_plan");
  await db.query(
    "prepare by_key (uuid, uuid) as select from inboxes where pod_id = $1 and id = $2 for key share",
  );
  const { rows } = await db.query<{ "QUERY PLAN": string }>(
    `explain execute by_key ('${large}', '${large}')`,
  );
  expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).toContain("using inboxes_pkey");
});

it("addresses, and rows by their keys, are looked up by plans that are kept", async () => {
  await t.behind(async (tx) => {
    for (let n = 1; n <= 10; n++) {
      const addresses = [`${n}-large@rookery.localhost`];
      expect((await findInboxTargets(tx, systemScope, addresses)).size).toBe(1);
      expect((await findRecipients(tx, systemScope, addresses, "rookery.localhost")).size).toBe(1);
      const named = byKey("inboxes", [{ podId: large, id: large }]);
      await sql`select from inboxes where ${named}`.execute(tx.within(systemScope));
    }
    // PostgreSQL makes five plans for the values before it makes one for all.
    const { rows } = await sql<{
      kept: number;
    }>`select generic_plans::integer as kept from pg_prepared_statements
      where generic_plans + custom_plans = 10`.execute(tx.within(systemScope));
    expect(rows.map(({ kept }) => kept)).toEqual([5, 5, 5]);
  });
});

it("whether a domain is here is told by one address of those that an organization has", async () => {
  const scope = mintScope(t.organizationId, null, null);
  await t.database.transaction(scope, async (tx) => {
    const hosted = await sql<{ host: string }>`select host
      from rookery_hosted('{a.test,rookery.localhost,z.test}') as host`.execute(tx.within(scope));
    expect(hosted.rows).toEqual([{ host: "rookery.localhost" }]);
    const { rows } = await sql<{ read: number }>`select (seq_tup_read + idx_tup_fetch)::integer as read
      from pg_stat_xact_user_tables where relname = 'addresses'`.execute(tx.within(scope));
    expect(rows[0]?.read).toBeLessThan(10);
  });
});
