import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { firstIdAt } from "../../../lib/uuid.ts";
import { systemScope } from "../../door/access/index.ts";
import { createListEntry } from "../../guardrails/lists/index.ts";
import { MAX_METRIC_POINTS } from "../../limits.ts";
import { deleteInbox, type Inbox } from "../../tenancy/inboxes/index.ts";
import { moveInbox } from "../../tenancy/moves/index.ts";
import { sendMessage } from "../sends/index.ts";
import { countOrganization, type EventQuery, queryEvents } from "./index.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const send = (inbox: Inbox) =>
  t.run(
    t.rootToken,
    sendMessage,
    { inbox: inbox.address },
    { to: ["a@outside.test"], text: "Hi", idempotencyKey: null },
  );

/** Events of the inbox happened so long ago, and nothing was counted since. */
const age = (inbox: Inbox, ms: number) =>
  t.behind(async (tx) => {
    const first = firstIdAt(Date.now() - ms);
    await sql`update events set created_at = created_at - make_interval(secs => ${ms / 1000}::float8),
      id = overlay(id::text placing ${first.slice(0, 13)} from 1 for 13)::uuid where inbox_id = ${inbox.id}`.execute(
      tx.within(systemScope),
    );
    await sql`update organizations set counted_to = null, events_from = null`.execute(tx.within(systemScope));
  });

const count = (eventDays = 30) =>
  countOrganization({ database: t.database, now: new Date(), eventDays }, t.organizationId);

const forget = (inbox: Inbox) =>
  t.behind((tx) => sql`delete from events where inbox_id = ${inbox.id}`.execute(tx.within(systemScope)));

/** Sums by type. */
async function sums(
  by: string,
  at: { pod?: string; inbox?: string },
  query: EventQuery,
): Promise<Record<string, number>> {
  const found = await t.run(by, queryEvents, at, query);
  return Object.fromEntries(
    [...found].map(([type, buckets]) => [type, buckets.reduce((sum, bucket) => sum + bucket.count, 0)]),
  );
}

describe("queryEvents", () => {
  it("counts at once what was sent and received, at each scope, and nothing of others", async () => {
    const { pod, token } = await t.seed.tenant();
    const [inbox, neighbour] = [await t.seed.inbox(pod), await t.seed.inbox(pod)];
    const own = (await t.seed.key({ inbox: inbox.address })).token;
    await send(inbox);
    await send(neighbour);
    await mailInto(t)(inbox.address, { id: "<in@metrics.test>" });
    for (const query of [{}, { period: 120 }, { period: 3600 }, { period: 86_400 }]) {
      const of = { "message.sent": 1, "message.received": 1 };
      expect(await sums(t.rootToken, { inbox: inbox.address }, query)).toEqual(of);
      expect(await sums(own, {}, query)).toEqual(of);
      expect(await sums(token, {}, query)).toEqual({ ...of, "message.sent": 2 });
      expect(await sums(t.rootToken, { pod }, query)).toEqual({ ...of, "message.sent": 2 });
      expect((await sums(t.rootToken, {}, query))["message.sent"]).toBeGreaterThanOrEqual(2);
    }
  });

  it("counts no mail that the key may not see: there is none of its type for it", async () => {
    const inbox = await t.seed.inbox(await t.seed.pod());
    await t.run(
      t.rootToken,
      createListEntry,
      { inbox: inbox.address },
      { direction: "receive", listType: "block", entry: "blocked.test" },
    );
    await mailInto(t)(inbox.address, { id: "<1@metrics.test>", from: "a@blocked.test" });
    await mailInto(t)(inbox.address, { id: "<2@metrics.test>" });
    const at = { inbox: inbox.address };
    const { token: blind } = await t.seed.key(at, "metrics_read");
    const { token: seeing } = await t.seed.key(at, "metrics_read", "label_blocked_read");
    const blocked = "message.received.blocked";
    for (const period of [{}, { period: 120 }, { period: 3600 }]) {
      expect(await sums(blind, {}, period)).toEqual({ "message.received": 1 });
      expect(await sums(blind, {}, { ...period, eventTypes: [blocked] })).toEqual({ [blocked]: 0 });
      for (const key of [t.rootToken, seeing])
        expect(await sums(key, at, period)).toEqual({ "message.received": 1, [blocked]: 1 });
    }
  });

  it("answers named types without events with an empty list, and one point for each event without a period", async () => {
    const inbox = await t.seed.inbox(await t.seed.pod());
    await send(inbox);
    await send(inbox);
    const found = await t.run(
      t.rootToken,
      queryEvents,
      { inbox: inbox.address },
      { eventTypes: ["message.sent", "message.bounced", "message.sent"] },
    );
    expect([...found.keys()]).toEqual(["message.sent", "message.bounced"]);
    expect(found.get("message.sent")).toEqual([
      { timestamp: expect.any(Date), count: 1 },
      { timestamp: expect.any(Date), count: 1 },
    ]);
    expect(found.get("message.bounced")).toEqual([]);
  });

  it("begins periods at multiples of them, and answers the earliest or the latest, as many as are asked for", async () => {
    const inbox = await t.seed.inbox(await t.seed.pod());
    for (const hours of [5, 3, 1]) {
      await send(inbox);
      await age(inbox, hours * HOUR_MS);
    }
    const query = { period: 1800, eventTypes: ["message.sent"] };
    const buckets = async (more: EventQuery) =>
      (await t.run(t.rootToken, queryEvents, { inbox: inbox.address }, { ...query, ...more })).get(
        "message.sent",
      ) ?? [];
    const all = await buckets({});
    expect(all.map(({ timestamp }) => timestamp.getTime() % (1800 * 1000))).toEqual([0, 0, 0]);
    expect(all.map(({ timestamp }) => timestamp.getTime())).toEqual(
      all.map(({ timestamp }) => timestamp.getTime()).toSorted((a, b) => a - b),
    );
    expect(await buckets({ limit: 2 })).toEqual(all.slice(0, 2));
    expect(await buckets({ limit: 2, descending: true })).toEqual(all.toReversed().slice(0, 2));
  });

  it("leaves out what happened before the start and from the end on", async () => {
    const inbox = await t.seed.inbox(await t.seed.pod());
    await send(inbox);
    await age(inbox, 3 * HOUR_MS);
    await count();
    const at = (start: number, end: number, period: number) =>
      sums(
        t.rootToken,
        { inbox: inbox.address },
        { start: new Date(Date.now() - start), end: new Date(Date.now() - end), period },
      );
    for (const period of [60, 3600]) {
      expect(await at(4 * HOUR_MS, HOUR_MS, period)).toEqual({ "message.sent": 1 });
      expect(await at(3 * HOUR_MS - 60_000, HOUR_MS, period)).toEqual({});
      expect(await at(10 * HOUR_MS, 3 * HOUR_MS + 60_000, period)).toEqual({});
    }
  });

  it.each([
    [{ period: 0 }, "input.invalid", "period"],
    [{ period: 86_401 }, "input.invalid", "period"],
    [{ period: 1.5 }, "input.invalid", "period"],
    [{ period: 60 }, "range.too_wide", "period"],
    [{ eventTypes: ["message.opened"] }, "input.invalid", "eventTypes"],
    [{ start: new Date(Date.now() - 91 * DAY_MS), period: 86_400 }, "range.too_wide", "start"],
    [{ start: new Date(Date.now() + DAY_MS) }, "input.invalid", "start"],
  ])("%o is refused", async (query, code, field) => {
    expect(await t.refusal(t.rootToken, queryEvents, {}, query)).toMatchObject({
      code,
      details: { path: [field] },
    });
  });

  it("refuses more single events than an answer has, unless it is told how many", async () => {
    const { pod, token } = await t.seed.tenant();
    const inbox = await t.seed.inbox(pod);
    await t.behind((tx) =>
      sql`insert into events (pod_id, id, organization_id, inbox_id, type, data, created_at)
        select ${pod}, overlay(gen_random_uuid()::text placing ${firstIdAt(Date.now() - 1000).slice(0, 13)} from 1 for 13)::uuid,
          ${t.organizationId}, ${inbox.id}, 'message.sent', '{}', now() - interval '1 second'
        from generate_series(1, ${MAX_METRIC_POINTS + 1})`.execute(tx.within(systemScope)),
    );
    expect(await t.refusal(token, queryEvents, {}, {})).toMatchObject({ code: "range.too_wide" });
    expect(await sums(token, {}, { limit: 7 })).toEqual({ "message.sent": 7 });
    expect(await sums(token, {}, { period: 120 })).toEqual({ "message.sent": MAX_METRIC_POINTS + 1 });
  });

  it("needs metrics_read", async () => {
    const { token } = await t.seed.key({}, "message_read");
    expect((await t.refusal(token, queryEvents, {}, {})).code).toBe("permission.missing");
  });
});

describe("countOrganization", () => {
  it("keeps counts of events that are deleted, however often it runs", async () => {
    const { pod } = await t.seed.tenant();
    const inbox = await t.seed.inbox(pod);
    await send(inbox);
    await send(inbox);
    await age(inbox, 40 * DAY_MS);
    await count();
    await count();
    await forget(inbox);
    await count();
    const start = new Date(Date.now() - 80 * DAY_MS);
    const before = new Date(Date.now() - 39 * DAY_MS);
    for (const query of [{ start, period: 86_400 }, { start }, { start, end: before, period: 7200 * 7 }]) {
      expect(await sums(t.rootToken, { inbox: inbox.address }, query)).toEqual({ "message.sent": 2 });
      expect(await sums(t.rootToken, { pod }, query)).toEqual({ "message.sent": 2 });
    }
  });

  it("counts what was committed behind its hour", async () => {
    const inbox = await t.seed.inbox(await t.seed.pod());
    await send(inbox);
    await count();
    await send(inbox);
    const late = sql`update events set created_at = created_at - interval '1 hour' where inbox_id = ${inbox.id}`;
    await t.behind((tx) => late.execute(tx.within(systemScope)));
    await count();
    expect(await sums(t.rootToken, { inbox: inbox.address }, { period: 3600 })).toEqual({
      "message.sent": 2,
    });
  });

  it("has the pod keep the counts of an inbox that is deleted", async () => {
    const { pod, token } = await t.seed.tenant();
    const inbox = await t.seed.inbox(pod);
    await send(inbox);
    await age(inbox, 5 * HOUR_MS);
    await count();
    await t.run(t.rootToken, deleteInbox, { inbox: inbox.address }, undefined);
    await forget(inbox);
    expect(await sums(token, {}, { period: 3600 })).toEqual({ "message.sent": 1 });
  });

  it("has counts follow an inbox into another pod, and each event counted once", async () => {
    const [before, after] = [await t.seed.tenant(), await t.seed.tenant()];
    const inbox = await t.seed.inbox(before.pod);
    await send(inbox);
    await age(inbox, 3 * HOUR_MS);
    await count();
    await send(inbox);
    await t.run(t.rootToken, moveInbox, { inbox: { id: inbox.id } }, { pod: { id: after.pod } });
    await count();
    const query = { period: 3600 };
    expect(await sums(before.token, {}, query)).toEqual({});
    expect(await sums(after.token, {}, query)).toEqual({ "message.sent": 2 });
    // And back, where some of the same hour may be left.
    await t.run(t.rootToken, moveInbox, { inbox: { id: inbox.id } }, { pod: { id: before.pod } });
    expect(await sums(before.token, {}, query)).toEqual({ "message.sent": 2 });
  });
});
