/** The owner of an endpoint follows from what it listens to: who sees it, and what it receives. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import type { SeededTenant } from "../../../../test/support/seed.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { insertEvents, systemScope } from "../../door/access/index.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { deletePod } from "../../tenancy/pods/index.ts";
import {
  type CreateWebhook,
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  type UpdateWebhook,
  updateWebhook,
  updateWebhookHeaders,
  type Webhook,
} from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const makeInbox = async ({ pod }: SeededTenant): Promise<string> => (await t.seed.inbox(pod)).address;
const inboxKey = async (inbox: string): Promise<string> => (await t.seed.key({ inbox })).token;

const plain: CreateWebhook = {
  url: "https://hooks.example.com/in",
  eventTypes: ["message.received"],
  podIds: [],
  inboxIds: [],
};
const made = async (token: string, input: Partial<CreateWebhook> = {}): Promise<string> =>
  (await t.run(token, createWebhook, {}, { ...plain, ...input })).id;
const unchanged = {
  eventTypes: [],
  addPodIds: [],
  removePodIds: [],
  addInboxIds: [],
  removeInboxIds: [],
} as const;
const update = (id: string, changes: Partial<UpdateWebhook>): Promise<Webhook> =>
  t.run(t.rootToken, updateWebhook, {}, { id, ...unchanged, ...changes });
const addressesOf = ({ inboxes }: Webhook): string[] => inboxes.map(({ address }) => address);

/** Whether a key finds the endpoint by its id, and then also in its list. */
async function sees(token: string, id: string): Promise<boolean> {
  const { items } = await t.run(token, listWebhooks, {}, firstPage);
  const isListed = items.some((webhook) => webhook.id === id);
  if (isListed) expect((await t.run(token, getWebhook, {}, { id })).id).toBe(id);
  else expect((await t.refusal(token, getWebhook, {}, { id })).code).toBe("object.not_found");
  return isListed;
}

/** Writes an event of an inbox as an operation would. @returns ids of the endpoints that are to be told, in order */
async function toldOf(inbox: string): Promise<string[]> {
  return t.behind(async (tx) => {
    const db = tx.within(systemScope);
    const { pod_id, id: inboxId } = await db
      .selectFrom("inboxes")
      .where("address", "=", inbox)
      .select(["pod_id", "id"])
      .executeTakeFirstOrThrow();
    const id = crypto.randomUUID();
    await insertEvents(tx, systemScope, [
      {
        id,
        type: "message.received",
        organizationId: t.organizationId,
        podId: pod_id,
        inboxId,
        messageUuid: null,
        data: {},
        at: new Date(),
      },
    ]);
    const deliveries = db.selectFrom("webhook_deliveries").where("event_id", "=", id);
    const rows = await deliveries.select("webhook_id").execute();
    return rows.map((row) => row.webhook_id).toSorted();
  });
}

it("is the narrowest place that holds what it listens to: keys outside it do not see it, and it hears nothing else", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  const [a, b, c] = [await makeInbox(one), await makeInbox(one), await makeInbox(two)];
  const [keyA, keyB] = [await inboxKey(a), await inboxKey(b)];
  const onA = await made(t.rootToken, { inboxIds: [a.toUpperCase()] });
  const onPod = await made(t.rootToken, { inboxIds: [a, b] });
  const wide = await made(t.rootToken, { podIds: [two.pod], inboxIds: [a] });
  const all = await made(t.rootToken);
  const byPodKey = await made(one.token);
  const byInboxKey = await made(keyB);
  const seenBy = async (token: string): Promise<string[]> => {
    const seen: string[] = [];
    for (const id of [onA, onPod, wide, all, byPodKey, byInboxKey]) if (await sees(token, id)) seen.push(id);
    return seen;
  };
  expect(await seenBy(t.rootToken)).toEqual([onA, onPod, wide, all, byPodKey, byInboxKey]);
  expect(await seenBy(one.token)).toEqual([onA, onPod, byPodKey, byInboxKey]);
  expect(await seenBy(two.token)).toEqual([]);
  expect(await seenBy(keyA)).toEqual([onA]);
  expect(await seenBy(keyB)).toEqual([byInboxKey]);
  expect(await toldOf(a)).toEqual([onA, onPod, wide, all, byPodKey].toSorted());
  expect(await toldOf(b)).toEqual([onPod, all, byPodKey, byInboxKey].toSorted());
  expect(await toldOf(c)).toEqual([wide, all].toSorted());
  for (const id of [wide, all, byPodKey, onPod, onA]) await t.run(t.rootToken, deleteWebhook, {}, { id });
  expect(await toldOf(b)).toEqual([byInboxKey]);
});

it("moves with an update: what no longer holds all of it loses sight of it", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  const a = await makeInbox(one);
  const id = await made(one.token, { inboxIds: [a] });
  const keyA = await inboxKey(a);
  expect(await sees(keyA, id)).toBe(true);
  const widened = await update(id, { addPodIds: [two.pod] });
  expect([widened.podIds, addressesOf(widened)]).toEqual([[two.pod], [a]]);
  for (const token of [keyA, one.token, two.token]) expect(await sees(token, id)).toBe(false);
  await update(id, { removeInboxIds: [a] });
  expect([await sees(one.token, id), await sees(two.token, id)]).toEqual([false, true]);
  expect(await toldOf(a)).toEqual([]);
});

it("takes no target from outside the key's scope, nor a whole pod from an inbox's key", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  const [a, c] = [await makeInbox(one), await makeInbox(two)];
  const keyA = await inboxKey(a);
  const refusalOf = (token: string, input: Partial<CreateWebhook>) =>
    t.refusal(token, createWebhook, {}, { ...plain, ...input });
  const foreign = await refusalOf(one.token, { podIds: [two.pod] });
  expect(foreign.code).toBe("pod.not_found");
  const absent = await refusalOf(one.token, { podIds: ["0190a000-0000-7000-8000-00000000dead"] });
  expect(foreign).toEqual(absent);
  expect((await refusalOf(one.token, { inboxIds: [c] })).code).toBe("inbox.not_found");
  expect((await refusalOf(keyA, { podIds: [one.pod] })).code).toBe("pod.not_found");
  expect((await refusalOf(keyA, { inboxIds: [c] })).code).toBe("inbox.not_found");
  expect((await t.run(one.token, listWebhooks, {}, firstPage)).items).toEqual([]);
});

it("never grows because something it listened to was deleted", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  const [a, c, other] = [await makeInbox(one), await makeInbox(two), await makeInbox(one)];
  const id = await made(t.rootToken, { inboxIds: [a, c] });
  for (const inbox of [a, c]) await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  await t.run(t.rootToken, updateWebhookHeaders, {}, { id, headers: { "x-a": "1" } });
  const changed = await update(id, { eventTypes: ["message.received", "message.sent"] });
  expect(changed).toMatchObject({ scoped: true, podIds: [], inboxes: [] });
  expect(await toldOf(other)).toEqual([]);
  expect([await sees(one.token, id), await sees(two.token, id)]).toEqual([false, false]);
  const again = await update(id, { addInboxIds: [other] });
  expect([again.podIds, addressesOf(again)]).toEqual([[], [other]]);
  expect(await toldOf(other)).toEqual([id]);
});

it("survives that one of its pods is gone", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  const a = await makeInbox(one);
  const id = await made(t.rootToken, { podIds: [one.pod, two.pod] });
  await t.run(t.rootToken, deletePod, { pod: two.pod }, undefined);
  expect((await update(id, { eventTypes: ["message.received"] })).podIds).toEqual([one.pod]);
  expect(await toldOf(a)).toEqual([id]);
  const last = { id, ...unchanged, removePodIds: [one.pod] };
  expect((await t.refusal(t.rootToken, updateWebhook, {}, last)).code).toBe("input.invalid");
  expect(await toldOf(a)).toEqual([id]);
});
