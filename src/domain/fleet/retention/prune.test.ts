import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { apply, confirm, fleetOf, wanted } from "../../../../test/support/fleet.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createIdSource, firstIdAt } from "../../../lib/uuid.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_PRUNE_BATCHES, PRUNE_BATCH } from "../../limits.ts";
import { createWebhook } from "../../notify/webhooks/index.ts";
import { createApiKey } from "../../tenancy/api-keys/index.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { deletePod } from "../../tenancy/pods/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { enqueuePruning, type Pruned, pruneTurn, type Retention } from "./index.ts";
import { PRUNE_INTERVAL_MS } from "./limits.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const now = new Date();
const defaults: Retention = { eventDays: 30, auditDays: 365, evaluationDays: 30 };

let t: TestDoor;
let queue: pg.Client;
beforeAll(async () => {
  t = await openTestDoor();
  queue = new pg.Client(t.engine.connection);
  await queue.connect();
});
afterAll(async () => {
  await queue.end();
  await t.close();
});

/** The one job of pruning. @returns waitMs until it was due when it was enqueued, in milliseconds */
const job = async (): Promise<{ after: string; waitMs: number }> => {
  const { rows } = await queue.query<{ after: string; wait: number }>(
    `select payload ->> 'after' as after, extract(epoch from run_at - updated_at)::float8 * 1000 as wait
     from graphile_worker._private_jobs where key = 'prune'`,
  );
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error("one pruning is queued, not more or less");
  return { after: row.after, waitMs: Math.round(row.wait) };
};

const parts = () => ({
  database: t.database,
  limits: t.parts.lent.installation.limits,
  newId: t.parts.lent.newId,
});

/** Runs turns as the queue would, until the next one is due in an hour. */
async function prune(retention: Retention = defaults, at = now): Promise<{ turns: number; pruned: Pruned }> {
  const sum = {
    events: 0,
    idempotencyKeys: 0,
    auditRows: 0,
    evaluations: 0,
    outboundCounts: 0,
    messages: 0,
    drafts: 0,
    files: 0,
    apiKeys: 0,
    receipts: 0,
  };
  await enqueuePruning(t.database);
  for (let turns = 0; ; turns++) {
    const { after, waitMs } = await job();
    if (waitMs > 0) {
      expect(waitMs).toBe(PRUNE_INTERVAL_MS);
      return { turns, pruned: sum };
    }
    const pruned = await pruneTurn({ ...parts(), retention, now: at }, after);
    for (const kind of [
      "events",
      "idempotencyKeys",
      "auditRows",
      "evaluations",
      "outboundCounts",
      "messages",
      "drafts",
      "files",
      "apiKeys",
      "receipts",
    ] as const)
      sum[kind] += pruned[kind];
  }
}

// What tests before left is not counted.
beforeEach(async () => void (await prune()));

const daysAgo = (days: number): Date => new Date(now.getTime() - days * DAY_MS);

interface Place {
  readonly pod: string;
  readonly inbox: string | null;
}

/** Writes an event of that age; with a state, a delivery of it to the endpoint and one attempt. @returns its id */
async function event(
  { pod, inbox }: Place,
  at: Date,
  delivery?: { webhook: string; state: string },
): Promise<string> {
  const id = createIdSource(() => at.getTime(), randomBytes)();
  await t.behind(async (tx) => {
    const db = tx.within(systemScope);
    await sql`insert into events (pod_id, id, organization_id, inbox_id, type, data, created_at)
      values (${pod}, ${id}, ${t.organizationId}, ${inbox}, 'message.received', '{}', ${at})`.execute(db);
    if (delivery === undefined) return;
    await sql`insert into webhook_deliveries (pod_id, event_id, webhook_id, organization_id, inbox_id, state, attempts, created_at, updated_at)
      values (${pod}, ${id}, ${delivery.webhook}, ${t.organizationId}, ${inbox}, ${delivery.state}, 1, ${at}, ${at})`.execute(
      db,
    );
    await sql`insert into webhook_attempts (pod_id, event_id, webhook_id, attempt, organization_id, inbox_id, outcome, duration_ms, created_at)
      values (${pod}, ${id}, ${delivery.webhook}, 1, ${t.organizationId}, ${inbox}, 'status', 1, ${at})`.execute(
      db,
    );
  });
  return id;
}

async function left(pod: string): Promise<string[]> {
  const { rows } = await t.behind((tx) =>
    sql<{ id: string }>`select id from events where pod_id = ${pod} order by id`.execute(
      tx.within(systemScope),
    ),
  );
  return rows.map(({ id }) => id);
}

async function tenant() {
  const pod = await t.seed.pod();
  const { id: inbox, address } = await t.seed.inbox(pod);
  const { id: webhook } = await t.run(
    t.rootToken,
    createWebhook,
    { pod },
    { url: "https://hooks.example.com/", eventTypes: ["message.sent"], podIds: [], inboxIds: [] },
  );
  return { pod, inbox, address, webhook };
}

describe("events", () => {
  it("that are old go with their deliveries and attempts; what is still to be delivered stays however old, and so does what is younger", async () => {
    const [one, other] = [await tenant(), await tenant()];
    const kept = [
      await event(one, daysAgo(300), { webhook: one.webhook, state: "pending" }),
      await event(one, daysAgo(29)),
      await event(one, daysAgo(29), { webhook: one.webhook, state: "delivered" }),
    ];
    await event(one, daysAgo(31));
    await event(one, daysAgo(31), { webhook: one.webhook, state: "delivered" });
    await event({ pod: one.pod, inbox: null }, daysAgo(100), { webhook: one.webhook, state: "failed" });
    await event(other, daysAgo(31));
    expect((await prune()).pruned).toEqual({
      events: 4,
      idempotencyKeys: 0,
      auditRows: 0,
      evaluations: 0,
      outboundCounts: 0,
      messages: 0,
      drafts: 0,
      files: 0,
      apiKeys: 0,
      receipts: 0,
    });
    expect(await left(one.pod)).toEqual(kept.toSorted());
    expect(await left(other.pod)).toEqual([]);
    const { rows } = await t.behind((tx) =>
      sql`select event_id from webhook_attempts where pod_id = ${one.pod}`.execute(tx.within(systemScope)),
    );
    expect(rows).toHaveLength(2);
    expect((await prune()).pruned.events).toBe(0);
  });

  it("are kept for ever where the setting is 0", async () => {
    const at = await tenant();
    const old = await event(at, daysAgo(3000));
    expect((await prune({ ...defaults, eventDays: 0 })).pruned.events).toBe(0);
    expect(await left(at.pod)).toEqual([old]);
  });

  it("of a deleted inbox go at the next pruning, those that are still to be delivered after that", async () => {
    const { pod, inbox, address, webhook } = await tenant();
    const neighbour = await t.seed.inbox(pod);
    const stays = [await event({ pod, inbox: neighbour.id }, now), await event({ pod, inbox: null }, now)];
    await event({ pod, inbox }, now);
    const pending = await event({ pod, inbox }, now, { webhook, state: "pending" });
    await t.run(t.rootToken, deleteInbox, { inbox: address }, undefined);
    await prune();
    expect(await left(pod)).toEqual([...stays, pending].toSorted());
    await t.behind((tx) =>
      sql`update webhook_deliveries set state = 'delivered' where event_id = ${pending}`.execute(
        tx.within(systemScope),
      ),
    );
    await prune();
    expect(await left(pod)).toEqual(stays.toSorted());
  });

  it("of more than one turn's worth are deleted turn after turn, each of them bounded", async () => {
    const { pod, inbox } = await tenant();
    const count = MAX_PRUNE_BATCHES * PRUNE_BATCH + 10;
    await t.behind((tx) =>
      sql`insert into events (pod_id, id, organization_id, inbox_id, type, data, created_at)
        select ${pod}::uuid, (left(${firstIdAt(daysAgo(40).getTime())}, 24) || lpad(to_hex(n), 12, '0'))::uuid,
          ${t.organizationId}::uuid, ${inbox}::uuid, 'message.received', '{}', now()
        from generate_series(1, ${count}::integer) as n`.execute(tx.within(systemScope)),
    );
    const { turns, pruned } = await prune();
    expect(pruned.events).toBe(count);
    expect(turns).toBeGreaterThan(1);
  });
});

it("audit rows go after their own time, those of a deleted pod as well; it is no part of what deleting erases", async () => {
  const pod = await t.seed.pod();
  await t.run(t.rootToken, deletePod, { pod }, undefined);
  const rows = async (): Promise<number> => {
    const found = await t.behind((tx) =>
      sql`select id from audit where pod_id = ${pod} or target = ${pod}`.execute(tx.within(systemScope)),
    );
    return found.rows.length;
  };
  const before = await rows();
  expect(before).toBeGreaterThan(0);
  await prune();
  expect(await rows()).toBe(before);
  const later = new Date(now.getTime() + 366 * DAY_MS);
  expect((await prune({ ...defaults, auditDays: 0 }, later)).pruned.auditRows).toBe(0);
  expect((await prune(defaults, later)).pruned.auditRows).toBeGreaterThanOrEqual(before);
  expect(await rows()).toBe(0);
});

it("an Idempotency-Key is kept for a day and no longer", async () => {
  const { address: inbox } = await t.seed.inbox();
  const send = () =>
    t.run(t.rootToken, sendMessage, { inbox }, { to: ["a@b.example"], text: "Hi.", idempotencyKey: "once" });
  const first = await send();
  await prune(defaults, new Date(now.getTime() + 23 * HOUR_MS));
  expect(await send()).toEqual(first);
  const { pruned } = await prune(defaults, new Date(now.getTime() + 25 * HOUR_MS));
  expect(pruned.idempotencyKeys).toBe(1);
  expect(await send()).not.toEqual(first);
});

it("a receipt that nobody confirmed goes when its keys are gone and the secrets of its webhooks came again, and not before", async () => {
  const fleet = wanted(fleetOf("receipts", ["a"]));
  await apply(t, fleet);
  expect((await prune()).pruned.receipts).toBe(0);
  const second = await apply(t, fleet);
  expect((await prune()).pruned.receipts).toBe(1);
  expect(await confirm(t, second)).toBe(2);
});

it("an expired key is known for its days, and then no more; one that lives is left alone", async () => {
  const pod = await t.seed.pod();
  const make = (expiresAt: Date) => t.run(t.rootToken, createApiKey, { pod }, { expiresAt });
  const [soon, later] = [await make(new Date(now.getTime() + HOUR_MS)), await make(daysAgo(-40))];
  expect((await prune(defaults, daysAgo(-30))).pruned.apiKeys).toBe(0);
  expect((await prune(defaults, daysAgo(-31))).pruned.apiKeys).toBe(1);
  await expect(t.authenticator.authenticate(soon.secret)).rejects.toMatchObject({ code: "auth.unknown_key" });
  expect((await t.authenticator.authenticate(later.secret)).keyId).toBe(later.key.id);
});

it("evaluations of rules go after their own time, each pod's old ones and no other", async () => {
  const at = await tenant();
  const put = (id: string) =>
    t.behind((tx) =>
      sql`insert into rule_evaluations (pod_id, inbox_id, id, organization_id, stage, applied, folders, matched_rule_ids, created_at)
        values (${at.pod}, ${at.inbox}, ${id}, ${t.organizationId}, 'rcpt', '{}', '{}', '{}', now())`.execute(
        tx.within(systemScope),
      ),
    );
  const evaluations = async (): Promise<string[]> => {
    const { rows } = await t.behind((tx) =>
      sql<{ id: string }>`select id from rule_evaluations where pod_id = ${at.pod}`.execute(
        tx.within(systemScope),
      ),
    );
    return rows.map(({ id }) => id);
  };
  const [old, young] = [firstIdAt(daysAgo(31).getTime()), firstIdAt(daysAgo(29).getTime())];
  await put(old);
  await put(young);
  expect((await prune({ ...defaults, evaluationDays: 0 })).pruned.evaluations).toBe(0);
  expect((await prune()).pruned.evaluations).toBe(1);
  expect(await evaluations()).toEqual([young]);
});
