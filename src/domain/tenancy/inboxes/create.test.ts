import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { ownNameOf, textOf } from "../../door/text.ts";
import { createInbox, type Inbox } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

test("names that speak for the shared domain are the operator's: no tenant's key takes one, however it is written", async () => {
  const { token: tenant } = await t.seed.key({ pod: await t.seed.pod() });
  for (const username of [
    "postmaster",
    "Admin",
    "WEBMASTER",
    "hostmaster",
    "administrator",
    "abuse",
    "root",
  ]) {
    const { code, details } = await t.refusal(tenant, createInbox, {}, { username });
    expect({ username, code }).toEqual({ username, code: "inbox.taken" });
    expect(textOf(details.hint ?? "", ownNameOf)).toContain("choose another");
    expect(details.suggestions).toEqual(expect.any(Array));
  }
  const near = await t.run(tenant, createInbox, {}, { username: "postmaster-acme" });
  expect(near.address).toBe("postmaster-acme@rookery.localhost");
  const own = await t.run(t.rootToken, createInbox, {}, { username: "postmaster" });
  expect(own.address).toBe("postmaster@rookery.localhost");
});

test("the second pod that asks for support@ the shared domain reads what to do instead, and it works", async () => {
  const create = async (username: string): Promise<Inbox> =>
    t.run(t.rootToken, createInbox, { pod: await t.seed.pod() }, { username });
  await create("support");
  const second = { pod: await t.seed.pod() };
  const refusal = await t.refusal(t.rootToken, createInbox, second, { username: "support" });
  expect(refusal.code).toBe("inbox.taken");
  const hint = textOf(refusal.details.hint ?? "", ownNameOf);
  expect(hint).toContain("choose another username");
  expect(hint).toContain("All pods share rookery.localhost");
  expect(hint).toContain("a verified domain of the pod");
  const [free = ""] = refusal.details.suggestions ?? [];
  expect((await create(free)).address).toBe(`${free}@rookery.localhost`);
  expect((await create("support-globex")).address).toBe("support-globex@rookery.localhost");
});

test("names suggested for a taken one are free, and stay so until they are taken", async () => {
  const pod = await t.seed.pod();
  await t.run(t.rootToken, createInbox, {}, { username: "crowded" });
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
    const refusal = await t.refusal(t.rootToken, createInbox, {}, { username: "crowded" });
    expect(refusal.code).toBe("inbox.taken");
    const suggestions = refusal.details.suggestions ?? [];
    expect(suggestions.length).toBeLessThanOrEqual(3);
    offered.push(...suggestions);
  }
  expect(offered).not.toEqual([]);
  for (const username of new Set(offered)) {
    const { address } = await t.run(t.rootToken, createInbox, {}, { username });
    expect(address).toBe(`${username}@rookery.localhost`);
  }
});
