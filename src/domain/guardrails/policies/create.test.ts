import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createPolicy, getPolicy } from "./index.ts";
import { MAX_POLICIES } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a new policy inherits all that is not set, and shows what holds", async () => {
  const { set, limits, options, spamDetection } = await t.run(
    t.rootToken,
    createPolicy,
    {},
    { name: "Standard" },
  );
  expect(new Set(Object.values(set))).toEqual(new Set([null]));
  expect(limits).toEqual(t.parts.lent.installation.limits);
  expect({ options, spamDetection }).toEqual({
    options: {},
    spamDetection: { useListDnsbl: false, useHeaderAnomalyDetection: false, spamSensitivity: 1 },
  });
});

it("what is set is kept: a number, none at all (0), no limit (-1)", async () => {
  const set = { sentPerDay: 0, storageBytes: -1, attachmentCount: 3 };
  const made = await t.run(t.rootToken, createPolicy, {}, { name: "Standard", limits: set });
  expect(made.limits).toMatchObject({ ...set, storageBytes: Number.POSITIVE_INFINITY });
  expect(await t.run(t.rootToken, getPolicy, {}, { id: made.id })).toEqual(made);
});

it("an organization has MAX_POLICIES at most", async () => {
  const { organizationId } = t;
  await t.behind((tx) =>
    sql`insert into policies (id, organization_id, name, limits, options, spam_detection, created_at, updated_at)
      select gen_random_uuid(), ${organizationId}::uuid, 'Many', '{}', '{}', '{}', now(), now()
      from generate_series(1, ${MAX_POLICIES}::integer - (select count(*)::integer from policies))`.execute(
      tx.within(systemScope),
    ),
  );
  expect(await t.refusal(t.rootToken, createPolicy, {}, { name: "One more" })).toMatchObject({
    code: "limit.exceeded",
    details: { limit: { resource: "policy", count: MAX_POLICIES } },
  });
});
