/** What tables without a foreign key hold of a pod or an inbox goes with it, whatever happens concurrently. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemScope } from "../../src/domain/door/access/index.ts";
import { createWebhook } from "../../src/domain/notify/webhooks/index.ts";
import { createInbox, deleteInbox } from "../../src/domain/tenancy/inboxes/index.ts";
import { createPod, deletePod } from "../../src/domain/tenancy/pods/index.ts";
import { sweepOwnedTask } from "../../src/workers/sweep-owned.ts";
import { eventually } from "../support/eventually.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { openTestDoor, type TestDoor } from "../support/test-door.ts";
import { readPlacements } from "./placement.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

interface Tenant {
  readonly pod: string;
  readonly inbox: string;
  readonly address: string;
}

/** A pod and an inbox with a name, a key and a webhook each. */
async function furnish(): Promise<Tenant> {
  const url = "https://example.com/";
  const hook = { url, eventTypes: ["message.received"] as const, podIds: [], inboxIds: [], clientId: "hook" };
  const { id: pod } = await t.run(t.rootToken, createPod, {}, { clientId: randomUUID() });
  const { id: inbox, address } = await t.run(t.rootToken, createInbox, { pod }, { clientId: "box" });
  for (const at of [{ pod }, { inbox: address }]) {
    await t.seed.key(at);
    await t.run(t.rootToken, createWebhook, at, hook);
  }
  return { pod, inbox, address };
}

const tables = ["addresses", "client_ids", "api_keys", "webhooks"];

/** Rows of each table that an owner has. */
async function heldBy(column: "pod_id" | "inbox_id", id: string): Promise<Record<string, number>> {
  const counts = tables.map(
    (table) =>
      sql`select ${table} as name, count(*)::int as n from ${sql.table(table)} where ${sql.ref(column)} = ${id}`,
  );
  const { rows } = await t.behind((tx) =>
    sql<{ name: string; n: number }>`${sql.join(counts, sql` union all `)}`.execute(tx.within(systemScope)),
  );
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
}

const none = { addresses: 0, client_ids: 0, api_keys: 0, webhooks: 0 };

test("every reference table that names a pod and an inbox is among those that are forgotten and swept", async () => {
  const references = (await readPlacements())
    .filter(({ placement }) => placement.kind === "reference")
    .map(({ table }) => table);
  const { rows } = await t.behind((tx) =>
    sql<{ names: string[]; held: string[] }>`select rookery_home_tables() as held, array(
      select table_name::text from information_schema.columns where table_schema = 'public'
        and column_name in ('pod_id', 'inbox_id') and table_name = any (${references}::text[])
      group by 1 having count(*) = 2) as names`.execute(tx.within(systemScope)),
  );
  expect(rows[0]?.names.toSorted()).toEqual(rows[0]?.held.toSorted());
  expect(rows[0]?.held).toContain("api_keys");
});

test("an inbox takes what is its own along, and a pod what is left", async () => {
  const { pod, inbox, address } = await furnish();
  expect(await heldBy("inbox_id", inbox)).toEqual({ addresses: 1, client_ids: 2, api_keys: 1, webhooks: 1 });
  await t.run(t.rootToken, deleteInbox, { inbox: address }, undefined);
  expect(await heldBy("inbox_id", inbox)).toEqual(none);
  expect(await heldBy("pod_id", pod)).toEqual({ addresses: 0, client_ids: 2, api_keys: 1, webhooks: 1 });
  await t.run(t.rootToken, deletePod, { pod }, undefined);
  expect(await heldBy("pod_id", pod)).toEqual(none);
});

/** Adds something as SQL of the worker to an inbox that is being deleted: in a transaction that holds it, and that the deletion waits for. */
async function addWhileDeleted(
  { pod, inbox, address }: Tenant,
  statement: string,
  values: readonly unknown[],
): Promise<void> {
  const maker = new pg.Client(t.engine.connection);
  await maker.connect();
  try {
    await maker.query("begin");
    await maker.query("select rookery_hold_home($1, $2)", [pod, inbox]);
    const deleted = t.run(t.rootToken, deleteInbox, { inbox: address }, undefined);
    await eventually("the deletion waits", async () => (await lockWaits(maker)).length > 0);
    await maker.query("set local role rookery_worker");
    await maker.query(statement, [...values]);
    await maker.query("commit");
    await deleted;
  } finally {
    await maker.end();
  }
}

test("a key that is made while its inbox is deleted goes with it", async () => {
  const tenant = await furnish();
  const { pod, inbox } = tenant;
  await addWhileDeleted(
    tenant,
    `insert into api_keys (id, organization_id, pod_id, inbox_id, name, prefix, secret_sha256, created_at, updated_at)
     values ($1, $2, $3, $4, 'late', 'x', 'late', now(), now())`,
    [randomUUID(), t.organizationId, pod, inbox],
  );
  expect(await heldBy("inbox_id", inbox)).toEqual(none);
});

/** Rows of the trail of rules of an inbox. */
async function trailOf(inbox: string): Promise<number> {
  const { rows } = await t.behind((tx) =>
    sql<{ n: number }>`select count(*)::int as n from rule_evaluations where inbox_id = ${inbox}`.execute(
      tx.within(systemScope),
    ),
  );
  return rows[0]?.n ?? 0;
}

const evaluated = `insert into rule_evaluations (pod_id, inbox_id, id, organization_id, stage, applied, folders, matched_rule_ids, created_at)
  values ($1, $2, $3, $4, 'rcpt', '{}', '{}', '{}', now())`;

test("what rules made of the mail of an inbox goes with it, also what is added while it is deleted", async () => {
  const [tenant, other] = [await furnish(), await furnish()];
  const row = ({ pod, inbox }: Tenant) => [pod, inbox, randomUUID(), t.organizationId];
  const client = new pg.Client(t.engine.connection);
  await client.connect();
  for (const one of [tenant, other]) await client.query(evaluated, row(one));
  await client.end();
  await addWhileDeleted(tenant, evaluated, row(tenant));
  expect(await trailOf(tenant.inbox)).toBe(0);
  expect(await trailOf(other.inbox)).toBe(1);
});

test("the trail of an inbox that is there is not forgotten", async () => {
  const { pod, inbox } = await furnish();
  const forget = t.behind((tx) =>
    sql`select rookery_forget_trail(${pod}::uuid, ${inbox}::uuid)`.execute(tx.within(systemScope)),
  );
  await expect(forget).rejects.toThrow("the inbox is there");
});

test("nothing is added to an owner that was deleted", async () => {
  const { pod, inbox } = await furnish();
  const hold = (inboxId: string | null) =>
    t.behind((tx) =>
      sql`select rookery_hold_home(${pod}::uuid, ${inboxId}::uuid)`.execute(tx.within(systemScope)),
    );
  await hold(inbox);
  await hold(null);
  await expect(hold(randomUUID())).rejects.toMatchObject({ code: "23503" });
});

test("what a deletion left behind is swept, and nothing else", async () => {
  const [whole, halved] = [await furnish(), await furnish()];
  const before = { pod: await heldBy("pod_id", whole.pod), inbox: await heldBy("inbox_id", whole.inbox) };
  await t.behind((tx) =>
    sql`delete from inboxes where pod_id = ${halved.pod}`.execute(tx.within(systemScope)),
  );
  await sweepOwnedTask(t.database)({});
  expect(await heldBy("inbox_id", halved.inbox)).toEqual(none);
  expect(await heldBy("pod_id", halved.pod)).toEqual({
    addresses: 0,
    client_ids: 2,
    api_keys: 1,
    webhooks: 1,
  });
  await t.behind((tx) => sql`delete from pods where id = ${halved.pod}`.execute(tx.within(systemScope)));
  await sweepOwnedTask(t.database)({});
  expect(await heldBy("pod_id", halved.pod)).toEqual(none);
  expect({ pod: await heldBy("pod_id", whole.pod), inbox: await heldBy("inbox_id", whole.inbox) }).toEqual(
    before,
  );
});
