import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
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

it("an inbox of a large pod among many small ones is looked up by its key", async () => {
  const large = await t.seed.pod();
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
  await db.query("reset role");
  await db.query("analyze inboxes");
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
