import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { insertEvents, systemScope } from "../../door/access/index.ts";
import { MAX_WEBHOOK_TARGETS, MAX_WEBHOOKS } from "../../limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(async () => {
  await t.close();
});

interface Tenant {
  readonly pod: string;
  readonly token: string;
}

const url = "https://hooks.example.com/in";
const received = ["message.received"];
const unknownPod = "0190a000-0000-7000-8000-00000000dead";

async function makeTenant(): Promise<Tenant> {
  const pod = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
  const key = await t.call(t.rootToken, "pods.apiKeys.create", { params: { pod_id: pod } });
  return { pod, token: String(key.body["api_key"]) };
}

const makeInbox = async ({ token }: Tenant): Promise<string> =>
  String((await t.call(token, "inboxes.create")).body["inbox_id"]);
const inboxKey = async (inbox: string): Promise<string> => {
  const key = await t.call(t.rootToken, "inboxes.apiKeys.create", { params: { inbox_id: inbox } });
  return String(key.body["api_key"]);
};
/** A key of the pod that holds these permissions and no others. */
async function keyOf(pod: string, permissions: readonly string[]): Promise<string> {
  const key = await t.call(t.rootToken, "pods.apiKeys.create", {
    params: { pod_id: pod },
    body: { permissions: Object.fromEntries(permissions.map((name) => [name, true])) },
  });
  return String(key.body["api_key"]);
}
const create = (token: string, body: object): Promise<Answer> =>
  t.call(token, "webhooks.create", { body: { url, event_types: received, ...body } });
const made = async (token: string, body: object): Promise<string> => {
  const answer = await create(token, body);
  expect(answer.status, answer.text).toBe(200);
  return String(answer.body["webhook_id"]);
};
const update = (token: string, id: string, body: object): Promise<Answer> =>
  t.call(token, "webhooks.update", { params: { webhook_id: id }, body });
const sees = async (token: string, id: string): Promise<boolean> => {
  const { status } = await t.call(token, "webhooks.get", { params: { webhook_id: id } });
  expect([200, 404]).toContain(status);
  const listed = (await t.call(token, "webhooks.list")).text.includes(id);
  expect(listed).toBe(status === 200);
  return listed;
};
const deleteInbox = (inbox: string): Promise<Answer> =>
  t.call(t.rootToken, "inboxes.delete", { params: { inbox_id: inbox } });

/** Writes an event of an inbox as an operation would. @returns wire ids of the endpoints that are to be told */
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
    const rows = await db
      .selectFrom("webhook_deliveries")
      .where("event_id", "=", id)
      .select("webhook_id")
      .execute();
    return rows.map((row) => `ep_${row.webhook_id.replaceAll("-", "")}`);
  });
}

describe("where an endpoint lives", () => {
  it("is the narrowest place that holds what it listens to: keys outside it do not see it, and it hears nothing else", async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const [a, b, c] = [await makeInbox(one), await makeInbox(one), await makeInbox(two)];
    const [keyA, keyB] = [await inboxKey(a), await inboxKey(b)];
    const onA = await made(t.rootToken, { inbox_ids: [a.toUpperCase()] });
    const onPod = await made(t.rootToken, { inbox_ids: [a, b] });
    const wide = await made(t.rootToken, { pod_ids: [two.pod], inbox_ids: [a] });
    const all = await made(t.rootToken, {});
    const byPodKey = await made(one.token, {});
    const byInboxKey = await made(keyB, {});
    const seenBy = async (token: string): Promise<string[]> => {
      const seen: string[] = [];
      for (const id of [onA, onPod, wide, all, byPodKey, byInboxKey])
        if (await sees(token, id)) seen.push(id);
      return seen;
    };
    expect(await seenBy(t.rootToken)).toEqual([onA, onPod, wide, all, byPodKey, byInboxKey]);
    expect(await seenBy(one.token)).toEqual([onA, onPod, byPodKey, byInboxKey]);
    expect(await seenBy(two.token)).toEqual([]);
    expect(await seenBy(keyA)).toEqual([onA]);
    expect(await seenBy(keyB)).toEqual([byInboxKey]);
    expect((await toldOf(a)).toSorted()).toEqual([onA, onPod, wide, all, byPodKey].toSorted());
    expect((await toldOf(b)).toSorted()).toEqual([onPod, all, byPodKey, byInboxKey].toSorted());
    expect((await toldOf(c)).toSorted()).toEqual([wide, all].toSorted());
    for (const id of [wide, all, byPodKey, onPod, onA])
      await t.call(t.rootToken, "webhooks.delete", { params: { webhook_id: id } });
    expect(await toldOf(b)).toEqual([byInboxKey]);
  });

  it("moves with an update: what no longer holds all of it loses sight of it", async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const a = await makeInbox(one);
    const id = await made(one.token, { inbox_ids: [a] });
    const keyA = await inboxKey(a);
    expect(await sees(keyA, id)).toBe(true);
    expect((await update(t.rootToken, id, { add_pod_ids: [two.pod] })).body).toMatchObject({
      pod_ids: [two.pod],
      inbox_ids: [a],
    });
    expect([await sees(keyA, id), await sees(one.token, id), await sees(two.token, id)]).toEqual([
      false,
      false,
      false,
    ]);
    await update(t.rootToken, id, { remove_inbox_ids: [a] });
    expect([await sees(one.token, id), await sees(two.token, id)]).toEqual([false, true]);
    expect(await toldOf(a)).toEqual([]);
  });

  it("takes no target from outside the key's scope, nor a whole pod from an inbox's key", async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const [a, c] = [await makeInbox(one), await makeInbox(two)];
    const keyA = await inboxKey(a);
    const refusals = [
      await create(one.token, { pod_ids: [two.pod] }),
      await create(one.token, { pod_ids: [unknownPod] }),
      await create(one.token, { inbox_ids: [c] }),
      await create(keyA, { pod_ids: [one.pod] }),
      await create(keyA, { inbox_ids: [c] }),
    ];
    expect(refusals.map(({ status, body }) => [status, body["code"]])).toEqual(
      refusals.map(() => [404, "not_found"]),
    );
    expect(refusals[0]?.text.replaceAll(two.pod, "")).toBe(refusals[1]?.text.replaceAll(unknownPod, ""));
    expect((await t.call(one.token, "webhooks.list")).body["count"]).toBe(0);
  });

  it("never grows because something it listened to was deleted", async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const [a, c, other] = [await makeInbox(one), await makeInbox(two), await makeInbox(one)];
    const id = await made(t.rootToken, { inbox_ids: [a, c] });
    await deleteInbox(a);
    await deleteInbox(c);
    const headers = await t.call(t.rootToken, "webhooks.updateHeaders", {
      params: { webhook_id: id },
      body: { headers: { "x-a": "1" } },
    });
    expect(headers.status, headers.text).toBe(204);
    const changed = await update(t.rootToken, id, { event_types: [...received, "message.sent"] });
    expect(changed.status, changed.text).toBe(200);
    expect(await toldOf(other)).toEqual([]);
    // Absent lists would say that it hears everything.
    expect(changed.body).toMatchObject({ pod_ids: [], inbox_ids: [] });
    expect([await sees(one.token, id), await sees(two.token, id)]).toEqual([false, false]);
    const again = await update(t.rootToken, id, { add_inbox_ids: [other] });
    expect(again.body["inbox_ids"]).toEqual([other]);
    expect(again.body).not.toHaveProperty("pod_ids");
    expect(await toldOf(other)).toEqual([id]);
  });

  it("survives that one of its pods is gone", async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const a = await makeInbox(one);
    const id = await made(t.rootToken, { pod_ids: [one.pod, two.pod] });
    expect((await t.call(t.rootToken, "pods.delete", { params: { pod_id: two.pod } })).status).toBe(204);
    const changed = await update(t.rootToken, id, { event_types: ["message.received"] });
    expect(changed.status, changed.text).toBe(200);
    expect(changed.body["pod_ids"]).toEqual([one.pod]);
    expect(await toldOf(a)).toEqual([id]);
    const refused = await update(t.rootToken, id, { remove_pod_ids: [one.pod] });
    expect([refused.status, refused.body["code"]]).toEqual([400, "validation_error"]);
  });
});

describe("what may be set", () => {
  it("names the field that is wrong, and bounds every list before looking anything up", async () => {
    const { token } = await makeTenant();
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => `i${index}@rookery.localhost`);
    const refused = async (body: object): Promise<string> => {
      const answer = await create(token, body);
      expect(answer.status, answer.text).toBe(400);
      return answer.text;
    };
    expect(await refused({ inbox_ids: many(MAX_WEBHOOK_TARGETS + 1) })).toContain('"inbox_ids"');
    expect(await refused({ inbox_ids: many(70_000) })).toContain('"inbox_ids"');
    expect(await refused({ pod_ids: Array.from({ length: 70_000 }, () => crypto.randomUUID()) })).toContain(
      '"pod_ids"',
    );
    expect(await refused({ event_types: [] })).toContain("event_types");
    expect(await refused({ event_types: ["message.made_up"] })).toContain("event_types");
    for (const bad of ["", "nonsense", "ftp://x.example/", "https://user:pw@x.example/"])
      expect(await refused({ url: bad })).toContain('"url"');
    const id = await made(token, {});
    const added = await update(token, id, { add_inbox_ids: many(70_000) });
    expect(added.status, added.text).toBe(400);
    expect(added.text).toContain('"add_inbox_ids"');
  });

  it("needs the permission to read mail for what an endpoint would be told of it", async () => {
    const tenant = await makeTenant();
    const { pod } = tenant;
    const inbox = await makeInbox(tenant);
    const token = await keyOf(pod, ["webhook_create", "webhook_update"]);
    for (const types of [received, ["domain.verified", "message.sent"]])
      expect(await create(token, { event_types: types })).toMatchObject({
        status: 403,
        body: { code: "missing_permission", fix: expect.stringContaining("message_read") },
      });
    const id = await made(token, { event_types: ["domain.verified"] });
    for (const change of [{ event_types: received }, { add_inbox_ids: [inbox] }, { add_pod_ids: [pod] }])
      expect((await update(token, id, change)).status).toBe(403);
    expect((await update(token, id, { event_types: ["domain.verified"] })).status).toBe(200);
  });

  it("needs the label's permission for mail that the key may not see", async () => {
    const { pod } = await makeTenant();
    const setUp = ["webhook_create", "webhook_update", "webhook_read"];
    const token = await keyOf(pod, [...setUp, "message_read", "label_spam_read"]);
    const refused = await create(token, { event_types: [...received, "message.received.blocked"] });
    expect([refused.status, refused.body["message"]]).toEqual([403, "label_blocked_read is forbidden"]);
    const id = await made(token, { event_types: ["message.received.spam"] });
    expect((await update(token, id, { event_types: ["message.received.unauthenticated"] })).status).toBe(403);
    const kept = await t.call(token, "webhooks.get", { params: { webhook_id: id } });
    expect(kept.body["event_types"]).toEqual(["message.received.spam"]);
  });

  it("keeps header values to itself: no answer and no row shows one", async () => {
    const { token } = await makeTenant();
    const secret = "Bearer tell-nobody";
    const answer = await create(token, { headers: { Authorization: secret, "X-Two": "2" } });
    expect(answer.status, answer.text).toBe(200);
    const params = { webhook_id: String(answer.body["webhook_id"]) };
    const headers = (body: object) => t.call(token, "webhooks.updateHeaders", { params, body });
    const names = async () => (await t.call(token, "webhooks.getHeaders", { params })).body["header_names"];
    expect(await names()).toEqual(["Authorization", "X-Two"]);
    expect((await headers({ headers: { "x-two": "two" }, remove_headers: ["AUTHORIZATION"] })).status).toBe(
      204,
    );
    expect(await names()).toEqual(["x-two"]);
    for (const bad of [
      {},
      { headers: {} },
      { headers: { A: "1" }, remove_headers: ["a"] },
      { headers: { A: "1", a: "2" } },
      { headers: { "Svix-Id": "1" } },
      { headers: { Host: "x" } },
      { headers: { "Content-Length": "1" } },
      { headers: { "X-Bad": "a\r\nX-Evil: 1" } },
      { headers: { "bad name": "1" } },
    ])
      expect((await headers(bad)).status, JSON.stringify(bad)).toBe(400);
    expect(await names()).toEqual(["x-two"]);
    const shown = [
      answer,
      await t.call(token, "webhooks.get", { params }),
      await t.call(token, "webhooks.list"),
      await t.call(token, "webhooks.getHeaders", { params }),
    ];
    expect(shown.map(({ text }) => text).join()).not.toContain("tell-nobody");
    const row = await t.behind((tx) =>
      tx.within(systemScope).selectFrom("webhooks").selectAll().where("client_id", "is", null).execute(),
    );
    const stored = row
      .map((one) => JSON.stringify(one) + String(one.headers_sealed?.toString("latin1")))
      .join();
    expect(stored).not.toContain("tell-nobody");
    expect(stored).not.toContain(String(answer.body["secret"]));
  });

  it("is not lost when two change it at once", async () => {
    const tenant = await makeTenant();
    const inboxes = [
      await makeInbox(tenant),
      await makeInbox(tenant),
      await makeInbox(tenant),
      await makeInbox(tenant),
    ];
    const [first, ...others] = inboxes;
    const id = await made(tenant.token, { inbox_ids: [first] });
    const listened = async () =>
      (await t.call(tenant.token, "webhooks.get", { params: { webhook_id: id } })).body["inbox_ids"];
    for (let round = 0; round < 5; round++) {
      await Promise.all(others.map((inbox) => update(tenant.token, id, { add_inbox_ids: [inbox] })));
      expect(await listened()).toEqual(inboxes.toSorted());
      await Promise.all(others.map((inbox) => update(tenant.token, id, { remove_inbox_ids: [inbox] })));
      expect(await listened()).toEqual([first]);
    }
  });
});

describe("a client_id", () => {
  it("makes one endpoint however often it is asked for, each scope for itself, and is free again afterwards", async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const a = await makeInbox(one);
    const answers = await Promise.all([1, 2, 3].map(() => create(one.token, { client_id: "hook" })));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await made(two.token, { client_id: "hook" })).not.toBe(answers[0]?.body["webhook_id"]);
    const gone = await made(t.rootToken, { client_id: "of-an-inbox", inbox_ids: [a] });
    await deleteInbox(a);
    const again = await made(t.rootToken, { client_id: "of-an-inbox", pod_ids: [one.pod] });
    expect(again).not.toBe(gone);
    expect(await made(t.rootToken, { client_id: "of-an-inbox", pod_ids: [one.pod] })).toBe(again);
  });
});

it("a pod may have so many endpoints and no more, which says so and leaves its inboxes and neighbours theirs", async () => {
  const [full, other] = [await makeTenant(), await makeTenant()];
  const inbox = await makeInbox(full);
  for (let count = 0; count < MAX_WEBHOOKS; count++) await made(full.token, { client_id: `hook-${count}` });
  expect(await create(full.token, {})).toMatchObject({
    status: 403,
    body: { code: "limit_exceeded", resource: "webhook", limit: MAX_WEBHOOKS, fix: expect.any(String) },
  });
  // Asked for again, one that is there is given back.
  await made(full.token, { client_id: "hook-0" });
  await made(full.token, { inbox_ids: [inbox] });
  await made(other.token, {});

  // Nor by a way around: made for one inbox, where there is room, and then widened to the pod.
  const second = await makeInbox(full);
  const narrow = await made(full.token, { inbox_ids: [inbox] });
  expect(await update(full.token, narrow, { add_inbox_ids: [second] })).toMatchObject({
    status: 403,
    body: { code: "limit_exceeded" },
  });
  expect((await update(full.token, narrow, { event_types: ["message.sent"] })).status).toBe(200);
});

it("is answered alike by whoever makes it and whoever reads it", async () => {
  const tenant = await makeTenant();
  const inbox_ids = [await makeInbox(tenant), await makeInbox(tenant), await makeInbox(tenant)];
  for (const named of [inbox_ids.toSorted(), inbox_ids.toSorted().reverse()]) {
    const answer = await create(tenant.token, { inbox_ids: named });
    const params = { webhook_id: String(answer.body["webhook_id"]) };
    expect(await t.call(tenant.token, "webhooks.get", { params })).toEqual(answer);
  }
});
