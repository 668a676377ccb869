import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { attachedTo } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createRule, getRule } from "./index.ts";
import { MAX_RULES } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const input = {
  name: "R",
  match: { conditions: [{ field: "from.domain", operator: "is", value: "evil.example" }] },
  actions: [{ type: "block" }],
};

it("makes a rule with what is left out, as it is read, and tells those who judge mail", async () => {
  const { address } = await t.seed.inbox();
  const before = await attachedTo(t, address);
  const rule = await t.run(t.rootToken, createRule, {}, input);
  expect(rule).toMatchObject({
    ...{ description: null, priority: 10, enabled: true, trigger: "inbound" },
    ...{ match: { operator: "all", conditions: input.match.conditions }, actions: input.actions },
  });
  expect(await t.run(t.rootToken, getRule, {}, { id: rule.id })).toEqual(rule);
  const after = await attachedTo(t, address);
  expect(after.version).not.toBe(before.version);
  expect(after.ruleIds).toEqual(before.ruleIds);
});

it("is refused to keys of less than the organization", async () => {
  const { token } = await t.seed.tenant();
  expect((await t.refusal(token, createRule, {}, input)).code).toBe("permission.missing");
});

it("an organization has MAX_RULES at most", async () => {
  const { id } = await t.run(t.rootToken, createRule, {}, input);
  await t.behind((tx) =>
    sql`insert into rules (id, organization_id, name, priority, enabled, trigger, match_operator, conditions, actions, list_ids, created_at, updated_at)
      select gen_random_uuid(), organization_id, name, priority, enabled, trigger, match_operator, conditions, actions, list_ids, now(), now()
      from rules cross join generate_series(1, ${MAX_RULES}::integer - (select count(*)::integer from rules))
      where id = ${id}`.execute(tx.within(systemScope)),
  );
  const full = await t.refusal(t.rootToken, createRule, {}, input);
  expect(full).toMatchObject({ code: "limit.exceeded", details: { limit: { count: MAX_RULES } } });
});
