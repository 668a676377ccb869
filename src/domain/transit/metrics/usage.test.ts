import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { keptFile } from "../../../../test/support/kept-file.ts";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { expectUsageTrue } from "../../../../test/support/usage.ts";
import { bumpGuardrails, systemScope } from "../../door/access/index.ts";
import { mintScope } from "../../door/access/scope.ts";
import { createFile, deleteFile } from "../../mail/files/index.ts";
import { deleteMessage } from "../../mail/messages/index.ts";
import { indexTurn } from "../../mail/search/index.ts";
import { deleteThread, listThreads } from "../../mail/threads/index.ts";
import { createDomain } from "../../tenancy/domains/index.ts";
import { moveInbox } from "../../tenancy/moves/index.ts";
import { settleUsage } from "./count-store.ts";
import { countOrganization, queryUsage, type UsageQuery } from "./index.ts";

const HOUR_MS = 3_600_000;

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const count = (now = new Date()) =>
  countOrganization({ database: t.database, now, eventDays: 30 }, t.organizationId);

/** Values of each type, the earliest first. */
async function values(
  by: string,
  at: { pod?: string; inbox?: string },
  query: UsageQuery,
): Promise<Record<string, readonly number[]>> {
  const found = await t.run(by, queryUsage, at, query);
  return Object.fromEntries([...found].map(([type, points]) => [type, points.map(({ value }) => value)]));
}

const last = async (by: string, at: { pod?: string; inbox?: string }) => {
  const all = await values(by, at, { limit: 1, descending: true });
  return Object.fromEntries(Object.entries(all).map(([type, [value]]) => [type, value]));
};

/** What was noted of usage was noted so long ago. */
const age = (ms: number) =>
  t.behind(async (tx) => {
    const by = sql`make_interval(secs => ${ms / 1000}::float8)`;
    await sql`update usage_history set at = at - ${by}`.execute(tx.within(systemScope));
    await sql`update organization_usage_history set at = at - ${by}`.execute(tx.within(systemScope));
  });

it("what an organization shares can be changed while what it holds is counted", async () => {
  await t.behind(async (tx) => {
    await settleUsage(tx, systemScope, t.organizationId);
    const scope = mintScope(t.organizationId, null, null);
    await t.database.transaction(scope, (other) => bumpGuardrails(other, scope, null), { lockMs: 1000 });
  });
});

it("the last point is what is held now, with the types of each scope", async () => {
  const { pod, token } = await t.seed.tenant();
  const [inbox, other] = [await t.seed.inbox(pod), await t.seed.inbox(pod)];
  const own = (await t.seed.key({ inbox: inbox.address })).token;
  await t.run(t.rootToken, createDomain, { pod }, { domain: "usage.example", feedbackEnabled: false });
  const mail = mailInto(t);
  await mail(inbox.address, { id: "<1@usage.test>" });
  await mail(inbox.address, { id: "<2@usage.test>", inReplyTo: "<1@usage.test>" });
  await mail(other.address, { id: "<3@usage.test>" });
  const ofInbox = { storage_bytes: expect.any(Number), message_count: 2, thread_count: 1 };
  expect(await last(t.rootToken, { inbox: inbox.address })).toEqual(ofInbox);
  expect(await last(own, {})).toEqual(ofInbox);
  const ofPod = {
    storage_bytes: expect.any(Number),
    message_count: 3,
    thread_count: 2,
    inbox_count: 2,
    domain_count: 1,
  };
  expect(await last(t.rootToken, { pod })).toEqual(ofPod);
  expect(await last(token, {})).toEqual(ofPod);
  const all = await last(t.rootToken, {});
  expect(Object.keys(all)).toEqual([...Object.keys(ofPod), "pod_count"]);
  expect(all["pod_count"]).toBeGreaterThanOrEqual(2);
  expect(
    await values(own, {}, { usageTypes: ["pod_count", "message_count"], limit: 1, descending: true }),
  ).toEqual({ message_count: [2] });
});

it("points before are what was noted last before them, flat in between, also when mail is deleted", async () => {
  const { pod } = await t.seed.tenant();
  const inbox = await t.seed.inbox(pod);
  const mail = mailInto(t);
  await mail(inbox.address, { id: "<4@usage.test>" });
  await count();
  await age(5 * HOUR_MS + 60_000);
  await mail(inbox.address, { id: "<5@usage.test>" });
  await mail(inbox.address, { id: "<6@usage.test>" });
  await count();
  await age(2 * HOUR_MS + 60_000);
  const { items } = await t.run(
    t.rootToken,
    listThreads,
    { inbox: inbox.address },
    {
      labels: [],
      before: null,
      after: null,
      subject: [],
      page: firstPage,
      senders: [],
      recipients: [],
      included: { spam: true, blocked: true, unauthenticated: true, trash: true },
    },
  );
  await t.run(t.rootToken, deleteThread, { inbox: inbox.address }, { threadId: items[0]?.id ?? "" });
  const query = { period: 3600, start: new Date(Date.now() - 9 * HOUR_MS) };
  for (const at of [{ inbox: inbox.address }, { pod }]) {
    const { message_count: messages } = await values(t.rootToken, at, query);
    expect(messages).toEqual([0, 0, 1, 1, 1, 1, 1, 3, 3, 2]);
    const ended = await values(t.rootToken, at, { ...query, end: new Date(Date.now() - HOUR_MS) });
    expect(ended["message_count"]?.at(-1)).toBe(3);
  }
});

it("what an inbox held follows it into another pod, and each pod held what it held", async () => {
  const [before, after] = [await t.seed.tenant(), await t.seed.tenant()];
  const inbox = await t.seed.inbox(before.pod);
  await mailInto(t)(inbox.address, { id: "<7@usage.test>" });
  await count();
  await age(3 * HOUR_MS);
  await t.run(t.rootToken, moveInbox, { inbox: { id: inbox.id } }, { pod: { id: after.pod } });
  await count();
  const query = { period: 7200, usageTypes: ["message_count"], start: new Date(Date.now() - 5 * HOUR_MS) };
  expect(await values(t.rootToken, { inbox: inbox.address }, query)).toEqual({ message_count: [0, 1, 1] });
  expect(await values(before.token, {}, query)).toEqual({ message_count: [0, 1, 0] });
  expect(await values(after.token, {}, query)).toEqual({ message_count: [0, 0, 1] });
});

it("old counts go, and what was held last before them stays known", async () => {
  const { pod } = await t.seed.tenant();
  const inbox = await t.seed.inbox(pod);
  const mail = mailInto(t);
  for (const id of ["<8@usage.test>", "<9@usage.test>"]) {
    await mail(inbox.address, { id });
    await count();
    await age(46 * 24 * HOUR_MS);
  }
  await age(10 * 24 * HOUR_MS);
  await count();
  await count();
  const kept = await t.behind((tx) =>
    sql<{ n: number }>`select count(*)::integer as n from usage_history where inbox_id = ${inbox.id}`.execute(
      tx.within(systemScope),
    ),
  );
  expect(kept.rows).toEqual([{ n: 2 }]);
  await age(80 * 24 * HOUR_MS);
  await count();
  const start = new Date(Date.now() - 89 * 24 * HOUR_MS);
  expect(
    (await values(t.rootToken, { inbox: inbox.address }, { start, period: 86_400 }))["message_count"]?.at(0),
  ).toBe(2);
});

it("is kept by whoever stores or deletes mail, and the hourly count puts right what is not", async () => {
  const inbox = await t.seed.inbox();
  const at = { inbox: inbox.address };
  const mail = mailInto(t);
  for (const id of ["<10@usage.test>", "<11@usage.test>", "<12@usage.test>"])
    await mail(inbox.address, { id });
  await mail(inbox.address, { id: "<13@usage.test>", inReplyTo: "<12@usage.test>" });
  for (const messageId of ["<10@usage.test>", "<12@usage.test>"])
    await t.run(t.rootToken, deleteMessage, at, { messageId });
  await expectUsageTrue(t);
  expect(await last(t.rootToken, at)).toMatchObject({ message_count: 2, thread_count: 2 });
  const indexed = async () => {
    while ((await indexTurn(t.database, null)).count > 0);
  };
  const rows = () =>
    t.behind(async (tx) => {
      const { rows: found } = await sql<{ n: number }>`select count(*)::integer as n from inbox_usage
        where inbox_id = ${inbox.id}`.execute(tx.within(systemScope));
      return found[0]?.n;
    });
  await indexed();
  await expectUsageTrue(t);
  expect(await last(t.rootToken, at)).toMatchObject({ message_count: 2, thread_count: 2 });
  expect(await rows()).toBeGreaterThan(1);
  await t.behind((tx) =>
    sql`insert into inbox_usage (pod_id, inbox_id, organization_id, messages, threads, bytes)
      select pod_id, inbox_id, organization_id, 100, 10, 1 from inbox_usage where inbox_id = ${inbox.id} limit 1`.execute(
      tx.within(systemScope),
    ),
  );
  expect(await last(t.rootToken, at)).toMatchObject({ message_count: 102, thread_count: 12 });
  await count();
  expect(await last(t.rootToken, at)).toMatchObject({ message_count: 2, thread_count: 2 });
  expect(await rows()).toBe(1);
  await mail(inbox.address, { id: "<14@usage.test>" });
  await count();
  await indexed();
  await expectUsageTrue(t);
  expect(await last(t.rootToken, at)).toMatchObject({ message_count: 3, thread_count: 3 });
});

it("files are part of what is held, until they are deleted or end, and go with their inbox to another pod", async () => {
  const [before, after] = [await t.seed.tenant(), await t.seed.tenant()];
  const inbox = await t.seed.inbox(before.pod);
  const own = (await t.seed.key({ inbox: inbox.address })).token;
  const keep = (path: string, bytes: number, expiresAt?: Date) =>
    keptFile(t, inbox.address, { path, content: Buffer.alloc(bytes), ...(expiresAt && { expiresAt }) });
  const bytes = async (by: string, at: { pod?: string; inbox?: string } = {}) =>
    (await last(by, at))["storage_bytes"];
  await keep("a", 1000);
  const deleted = await keep("b", 200);
  const ending = await keep("c", 30, new Date(Date.now() + HOUR_MS));
  // What was announced, as the quota counts it.
  const announced = { path: "d", size: 4, sha256: Buffer.alloc(32).toString("base64") };
  await t.run(t.rootToken, createFile, { inbox: inbox.address }, announced);
  expect([await bytes(own), await bytes(before.token), await bytes(after.token)]).toEqual([1234, 1234, 0]);
  const all = (await bytes(t.rootToken)) ?? 0;
  await count();
  await age(3 * HOUR_MS);
  await t.run(t.rootToken, deleteFile, { inbox: inbox.address }, { fileId: deleted.id });
  await t.behind((tx) =>
    sql`update files set ends_at = now() - interval '1 second' where id = ${ending.id}`.execute(
      tx.within(systemScope),
    ),
  );
  expect([await bytes(own), await bytes(before.token)]).toEqual([1004, 1004]);
  expect(await bytes(t.rootToken)).toBe(all - 230);
  await t.run(t.rootToken, moveInbox, { inbox: { id: inbox.id } }, { pod: { id: after.pod } });
  expect([await bytes(own), await bytes(before.token), await bytes(after.token)]).toEqual([1004, 0, 1004]);
  await count();
  const query = { period: 7200, usageTypes: ["storage_bytes"], start: new Date(Date.now() - 5 * HOUR_MS) };
  expect(await values(own, {}, query)).toEqual({ storage_bytes: [0, 1234, 1004] });
  expect(await values(before.token, {}, query)).toEqual({ storage_bytes: [0, 1234, 0] });
  expect(await values(after.token, {}, query)).toEqual({ storage_bytes: [0, 0, 1004] });
});
