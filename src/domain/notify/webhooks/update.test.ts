import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import {
  createWebhook,
  getWebhook,
  getWebhookHeaders,
  listWebhooks,
  updateWebhook,
  updateWebhookHeaders,
} from "./index.ts";

let t: TestDoor;
let pod: string;
let token: string;
beforeAll(async () => {
  t = await openTestDoor();
  ({ pod, token } = await t.seed.tenant());
});
afterAll(() => t.close());

const plain = {
  url: "https://hooks.example.com/in",
  eventTypes: ["message.received"] as const,
  podIds: [],
  inboxIds: [],
};

const unchanged = { eventTypes: [], addPodIds: [], removePodIds: [], addInboxIds: [], removeInboxIds: [] };

it("keeps header values to itself: no answer and no row shows one", async () => {
  const headers = { Authorization: "Bearer tell-nobody", "X-Two": "2" };
  const made = await t.run(token, createWebhook, {}, { ...plain, headers });
  const { id } = made;
  const names = () => t.run(token, getWebhookHeaders, {}, { id });
  expect(await names()).toEqual(["Authorization", "X-Two"]);
  const change = { id, headers: { "x-two": "two" }, removeHeaders: ["AUTHORIZATION"] };
  await t.run(token, updateWebhookHeaders, {}, change);
  expect(await names()).toEqual(["x-two"]);
  for (const wrong of [
    {},
    { headers: {} },
    { headers: { A: "1" }, removeHeaders: ["a"] },
    { headers: { A: "1", a: "2" } },
    { headers: { "Svix-Id": "1" } },
    { headers: { Host: "x" } },
    { headers: { "Content-Length": "1" } },
    { headers: { "X-Bad": "a\r\nX-Evil: 1" } },
    { headers: { "bad name": "1" } },
  ]) {
    const refusal = await t.refusal(token, updateWebhookHeaders, {}, { id, ...wrong });
    expect({ wrong, code: refusal.code }).toEqual({ wrong, code: "input.invalid" });
  }
  expect(await names()).toEqual(["x-two"]);
  const shown = [
    made,
    await t.run(token, getWebhook, {}, { id }),
    await t.run(token, listWebhooks, {}, firstPage),
    await names(),
  ];
  expect(JSON.stringify(shown)).not.toContain("tell-nobody");
  const row = await t.behind((tx) =>
    tx.within(systemScope).selectFrom("webhooks").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
  );
  const stored = JSON.stringify(row) + String(row.headers_sealed?.toString("latin1"));
  expect(stored).not.toContain("tell-nobody");
  expect(stored).not.toContain(made.secret);
});

it("no change is lost when several are made at once", async () => {
  const makeInbox = async (): Promise<string> => (await t.seed.inbox(pod)).address;
  const first = await makeInbox();
  const others = [await makeInbox(), await makeInbox(), await makeInbox()];
  const { id } = await t.run(token, createWebhook, {}, { ...plain, inboxIds: [first] });
  const unchanged = { id, eventTypes: [], addPodIds: [], removePodIds: [] };
  const listened = async (): Promise<string[]> =>
    (await t.run(token, getWebhook, {}, { id })).inboxes.map(({ address }) => address);
  const change = (addInboxIds: readonly string[], removeInboxIds: readonly string[]) =>
    t.run(token, updateWebhook, {}, { ...unchanged, addInboxIds, removeInboxIds });
  for (let round = 0; round < 5; round++) {
    await Promise.all(others.map((inbox) => change([inbox], [])));
    expect(await listened()).toEqual([first, ...others].toSorted());
    await Promise.all(others.map((inbox) => change([], [inbox])));
    expect(await listened()).toEqual([first]);
  }
});

it("is disabled and enabled again, which forgets its failures and needs what its events need", async () => {
  const hook = { ...plain, eventTypes: ["message.received.spam"] as const };
  const { id } = await t.run(t.rootToken, createWebhook, { pod }, hook);
  const update = (by: string, enabled?: boolean) =>
    t.run(by, updateWebhook, { pod }, { id, ...unchanged, ...(enabled !== undefined && { enabled }) });
  expect((await update(t.rootToken)).enabled).toBe(true);
  expect((await update(t.rootToken, false)).enabled).toBe(false);
  await t.behind((tx) =>
    sql`update webhooks set failing_since = now() where id = ${id}`.execute(tx.within(systemScope)),
  );
  const blind = await t.seed.key({ pod }, "webhook_update", "message_read");
  const refusal = await t.refusal(blind.token, updateWebhook, { pod }, { id, ...unchanged, enabled: true });
  expect(refusal).toMatchObject({
    code: "permission.missing",
    details: { hint: expect.stringContaining("label_spam_read") },
  });
  const sighted = await t.seed.key({ pod }, "webhook_update", "message_read", "label_spam_read");
  expect((await update(sighted.token, true)).enabled).toBe(true);
  const { rows } = await t.behind((tx) =>
    sql<{ at: Date | null }>`select failing_since as at from webhooks where id = ${id}`.execute(
      tx.within(systemScope),
    ),
  );
  expect(rows).toEqual([{ at: null }]);
  expect((await update(blind.token, false)).enabled).toBe(false);
});

it("hears of another inbox only by a key that may read what it listens to", async () => {
  const [own, other] = [await t.seed.inbox(pod), await t.seed.inbox(pod)];
  const { token: ofInbox } = await t.seed.key({ inbox: own.address });
  const eventTypes = ["message.received", "message.received.spam"] as const;
  const { id } = await t.run(ofInbox, createWebhook, {}, { ...plain, eventTypes });
  const widen = { id, ...unchanged, addInboxIds: [other.address] };
  const blind = await t.seed.key({ pod }, "webhook_update", "message_read");
  expect(await t.refusal(blind.token, updateWebhook, {}, widen)).toMatchObject({
    code: "permission.missing",
    details: { hint: expect.stringContaining("label_spam_read") },
  });
  const inboxes = async () =>
    (await t.run(token, getWebhook, {}, { id })).inboxes.map(({ address }) => address);
  expect(await inboxes()).toEqual([own.address]);
  const sighted = await t.seed.key({ pod }, "webhook_update", "message_read", "label_spam_read");
  await t.run(sighted.token, updateWebhook, {}, widen);
  expect((await inboxes()).toSorted()).toEqual([own.address, other.address].toSorted());
});
