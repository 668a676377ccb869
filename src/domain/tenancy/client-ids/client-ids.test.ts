import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { type Answer, openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";

let t: TestDoor;
let pod: string;
let inbox: string;
let owner: pg.Client;
beforeAll(async () => {
  t = await openTestDoor();
  pod = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
  const params = { pod_id: pod };
  inbox = String((await t.call(t.rootToken, "pods.inboxes.create", { params })).body["inbox_id"]);
  owner = new pg.Client(t.engine.connection);
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await t.close();
});

const hook = { url: "https://hooks.example.com/in", event_types: ["message.received"] };

/** What can be made under a name: the noun's routes, its field for the id, the body without the name, and a wrong one. */
const nouns = [
  { noun: "pods", field: "pod_id", body: {}, wrong: { name: "" } },
  { noun: "inboxes", field: "inbox_id", body: { username: "named" }, wrong: { username: "@" } },
  { noun: "pods.inboxes", field: "inbox_id", body: {}, wrong: { domain: "elsewhere.example" } },
  { noun: "domains", field: "domain_id", body: { domain: "named-one.com" }, wrong: { domain: "com" } },
  { noun: "pods.domains", field: "domain_id", body: { domain: "named-two.com" }, wrong: { domain: "@" } },
  { noun: "webhooks", field: "webhook_id", body: hook, wrong: { ...hook, inbox_ids: ["nobody@x.test"] } },
  { noun: "pods.webhooks", field: "webhook_id", body: hook, wrong: { ...hook, url: "no URL" } },
  { noun: "inboxes.webhooks", field: "webhook_id", body: hook, wrong: { ...hook, event_types: [] } },
] as const;

const where = (noun: string): Record<string, string> => ({
  ...(noun.startsWith("pods.") && { pod_id: pod }),
  ...(noun.startsWith("inboxes.") && { inbox_id: inbox }),
});
const create = (noun: string, body: object): Promise<Answer> =>
  t.call(t.rootToken, `${noun}.create`, { params: where(noun), body });
const remove = (noun: string, params: Record<string, string>): Promise<Answer> =>
  t.call(t.rootToken, `${noun}.delete`, { params: { ...where(noun), ...params } });

describe.each(nouns)("a client_id of $noun", ({ noun, field, body, wrong }) => {
  it("names one thing, whatever else is asked for with it, until that is deleted, and then one other", async () => {
    const named = { ...body, client_id: "mine" };
    const first = await create(noun, named);
    expect(first, first.text).toMatchObject({ status: 200, body: { client_id: "mine" } });
    expect(await create(noun, named)).toEqual(first);
    expect(await create(noun, { ...wrong, client_id: "mine" })).toEqual(first);
    expect((await create(noun, wrong)).status).toBeGreaterThanOrEqual(400);

    const gone = await remove(noun, { [field]: String(first.body[field]) });
    expect([202, 204]).toContain(gone.status);
    const answers = await Promise.all([1, 2, 3].map(() => create(noun, named)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const [second] = answers;
    expect(second, second?.text).toMatchObject({ status: 200, body: { client_id: "mine" } });
    expect(second?.text).not.toBe(first.text);
    expect(await create(noun, named)).toEqual(second);
  });
});

it("a create that meets a name on its way to be freed waits, and makes a thing that stays", async () => {
  const first = await create("pods", { client_id: "contested" });
  const id = String(first.body["pod_id"]);
  await owner.query("begin");
  await owner.query("select from client_ids where resource_id = $1 for update", [id]);
  const second = create("pods", { client_id: "contested" });
  await eventually("the create waits for the name", async () => {
    const { rowCount } = await owner.query("select from pg_locks where not granted");
    return rowCount;
  });
  await owner.query("delete from client_ids where resource_id = $1", [id]);
  await owner.query("delete from pods where id = $1", [id]);
  await owner.query("commit");
  expect((await second).status, (await second).text).toBe(200);
  expect((await second).body["pod_id"]).not.toBe(id);
  expect(await create("pods", { client_id: "contested" })).toEqual(await second);
});

it("what a repeated create is on record for is the thing that is there", async () => {
  const { body } = await create("pods", { client_id: "audited" });
  await create("pods", { client_id: "audited" });
  const rows = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("audit")
      .where("operation", "=", "pod.create")
      .where("target", "=", String(body["pod_id"]))
      .select("target")
      .execute(),
  );
  expect(rows).toHaveLength(2);
});

it("a pod is found by a client_id that looks like an id, unless a pod has that id", async () => {
  const tenant = crypto.randomUUID();
  const made = await create("pods", { client_id: tenant });
  const get = (pod_id: string) => t.call(t.rootToken, "pods.get", { params: { pod_id } });
  expect(await get(tenant)).toEqual(made);
  const inside = await t.call(t.rootToken, "pods.inboxes.create", { params: { pod_id: tenant } });
  expect(inside.body["pod_id"]).toBe(made.body["pod_id"]);
  await create("pods", { client_id: String(made.body["pod_id"]) });
  expect(await get(String(made.body["pod_id"]))).toEqual(made);
  expect((await get(crypto.randomUUID())).status).toBe(404);
});

it("a key of the Default Pod, whose id the organization has, learns nothing of the organization's names", async () => {
  const params = { pod_id: t.organizationId };
  const key = String((await t.call(t.rootToken, "pods.apiKeys.create", { params })).body["api_key"]);
  for (const [noun, field, bodies] of [
    ["webhooks", "webhook_id", [hook, hook]],
    ["domains", "domain_id", [{ domain: "of-all.com" }, { domain: "of-default.com" }]],
  ] as const) {
    const [whole, inPod] = [
      await create(noun, { ...bodies[0], client_id: "shared" }),
      await t.call(key, `${noun}.create`, { body: { ...bodies[1], client_id: "shared" } }),
    ];
    expect([whole.status, inPod.status], inPod.text).toEqual([200, 200]);
    expect(inPod.body[field]).not.toBe(whole.body[field]);
    expect(await create(noun, { ...bodies[0], client_id: "shared" })).toEqual(whole);
    expect(await t.call(key, `${noun}.create`, { body: { ...bodies[1], client_id: "shared" } })).toEqual(
      inPod,
    );
  }
});
