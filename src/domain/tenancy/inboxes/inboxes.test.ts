import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(async () => {
  await t.close();
});

test("names that speak for the shared domain are the operator's: no tenant's key takes one, however it is written", async () => {
  const pod = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
  const key = await t.call(t.rootToken, "pods.apiKeys.create", { params: { pod_id: pod } });
  const tenant = String(key.body["api_key"]);
  const create = (token: string, username: string) => t.call(token, "inboxes.create", { body: { username } });
  for (const username of ["postmaster", "Admin", "WEBMASTER", "hostmaster", "administrator", "abuse", "root"])
    expect(await create(tenant, username)).toMatchObject({
      status: 403,
      body: {
        code: "already_exists",
        fix: expect.stringContaining("choose another"),
        suggestions: expect.any(Array),
      },
    });
  expect((await create(tenant, "postmaster-acme")).status).toBe(200);
  expect((await create(t.rootToken, "postmaster")).status).toBe(200);
});

test("the second pod that asks for support@ the shared domain reads what to do instead, and it works", async () => {
  const create = async (username: string) => {
    const pod_id = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
    return t.call(t.rootToken, "pods.inboxes.create", { params: { pod_id }, body: { username } });
  };
  expect((await create("support")).status).toBe(200);
  const second = await create("support");
  expect(second).toMatchObject({
    status: 403,
    body: { code: "already_exists", fix: expect.stringContaining("choose another username") },
  });
  expect(second.body["fix"]).toContain("All pods share rookery.localhost");
  expect(second.body["fix"]).toContain("a verified domain of the pod");
  const [free = ""] = second.body["suggestions"] as string[];
  expect((await create(free)).status).toBe(200);
  expect((await create("support-globex")).status).toBe(200);
});

test("changes made at once are all kept", async () => {
  const inbox_id = String((await t.call(t.rootToken, "inboxes.create")).body["inbox_id"]);
  const params = { inbox_id };
  const update = (body: object) => t.call(t.rootToken, "inboxes.update", { params, body });
  for (let round = 0; round < 5; round++) {
    const names = [1, 2, 3, 4].map((number) => `fact-${round}-${number}`);
    const answers = await Promise.all([
      update({ display_name: `Name ${round}` }),
      ...names.map((name) => update({ metadata: { [name]: round } })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
    const { body } = await t.call(t.rootToken, "inboxes.get", { params });
    expect(body).toMatchObject({
      display_name: `Name ${round}`,
      metadata: Object.fromEntries(names.map((name) => [name, round])),
    });
  }
});

test("names offered for a taken one are free, and stay so until somebody asks for them", async () => {
  const pod = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
  const create = (username: string) => t.call(t.rootToken, "inboxes.create", { body: { username } });
  await create("crowded");
  // Two of three numbers that could be offered are another organization's.
  await t.behind((tx) =>
    sql`with made as (
      insert into inboxes (pod_id, id, organization_id, address, created_at, updated_at)
      select ${pod}::uuid, gen_random_uuid(), gen_random_uuid(), 'crowded' || n || '@rookery.localhost', now(), now()
      from generate_series(100, 999) as n where n % 3 > 0 returning *)
    insert into addresses (address, organization_id, pod_id, inbox_id)
    select address, organization_id, pod_id, id from made`.execute(tx.within(systemScope)),
  );
  const offered: string[] = [];
  for (let time = 0; time < 8; time++) {
    const { status, body } = await create("crowded");
    expect(status).toBe(403);
    const suggestions = body["suggestions"] as string[];
    expect(suggestions.length).toBeLessThanOrEqual(3);
    offered.push(...suggestions);
  }
  expect(offered).not.toEqual([]);
  for (const username of new Set(offered)) expect((await create(username)).status).toBe(200);
});
