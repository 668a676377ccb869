/** How much of the deliveries of an endpoint a page of them reads. */
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Tx } from "../../../storage/db.ts";
import { type Scope, systemScope } from "../../door/access/index.ts";
import { createWebhook } from "./index.ts";
import { findFailed, listSent } from "./sent-store.ts";

/** Of the endpoint; of these one in a thousand failed, and as many are pending. */
const DELIVERIES = 20_000;
const FEW = DELIVERIES / 1000;
const page = { size: 20, after: null, ascending: false };

let t: TestDoor;
let scope: Scope;
let endpoint: string;
beforeAll(async () => {
  t = await openTestDoor();
  const pod = await t.seed.pod();
  const hook = {
    url: "https://hooks.example.com/",
    eventTypes: ["message.sent"] as const,
    podIds: [],
    inboxIds: [],
  };
  endpoint = (await t.run(t.rootToken, createWebhook, { pod }, hook)).id;
  await t.run(t.rootToken, createWebhook, { pod }, hook);
  scope = (await t.authenticator.authenticate(t.rootToken)).scope;
  await t.behind(async (tx) => {
    const db = tx.within(systemScope);
    await sql`insert into events (pod_id, id, organization_id, type, data, created_at)
      select ${pod}, md5(n::text)::uuid, ${t.organizationId}, 'message.sent', '{}', now()
      from generate_series(1, ${DELIVERIES}::integer) as n`.execute(db);
    await sql`insert into webhook_deliveries (pod_id, event_id, webhook_id, organization_id, state, attempts, next_attempt_at, created_at, updated_at)
      select e.pod_id, e.id, w.id, e.organization_id,
        case n % 1000 when 0 then 'failed' when 1 then 'pending' else 'delivered' end, 1, now(), now(), now()
      from webhooks as w, (select *, row_number() over (order by id) as n from events) as e`.execute(db);
    await sql`insert into webhook_attempts (pod_id, event_id, webhook_id, attempt, organization_id, outcome, duration_ms, created_at)
      select pod_id, event_id, webhook_id, 1, organization_id, 'refused', 1, now() from webhook_deliveries`.execute(
      db,
    );
  });
  const owner = new pg.Client(t.engine.connection);
  await owner.connect();
  await owner.query("analyze webhooks, events, webhook_deliveries, webhook_attempts");
  await owner.end();
});
afterAll(() => t.close());

/** Rows of deliveries that a read fetches. */
async function rowsRead(read: (tx: Tx) => Promise<unknown>): Promise<number> {
  return t.database.transaction(scope, async (tx) => {
    const count = async (): Promise<number> => {
      const { rows } = await sql<{ read: number }>`
        select sum(seq_tup_read + idx_tup_fetch)::integer as read from pg_stat_xact_user_tables
        where relname in ('webhook_deliveries', 'events', 'webhook_attempts')`.execute(tx.within(scope));
      return rows[0]?.read ?? Number.NaN;
    };
    const before = await count();
    await read(tx);
    return (await count()) - before;
  });
}

const everything = { states: [], types: [], before: null, from: null } as const;
const list = (filter: Parameters<typeof listSent>[3]["filter"]) => (tx: Tx) =>
  listSent(tx, scope, endpoint, { filter, seen: { unseen: [], seesDomains: true }, page, most: 2000 });

it("reads a page, and not all that an endpoint was sent", async () => {
  // A delivery, its event and its last attempt each.
  const ofPage = 3 * (page.size + 1);
  expect(await rowsRead(list(everything))).toBeLessThanOrEqual(ofPage);
  expect(await rowsRead(list({ ...everything, states: ["failed"] }))).toBeLessThanOrEqual(ofPage);
  expect(await rowsRead(list({ ...everything, states: ["pending"] }))).toBeLessThanOrEqual(ofPage + FEW);
  const failed = {
    from: "00000000-0000-7000-8000-000000000000",
    before: "ffffffff-ffff-7fff-bfff-ffffffffffff",
    limit: 10_000,
  };
  expect(await rowsRead((tx) => findFailed(tx, scope, endpoint, failed))).toBe(FEW);
});
