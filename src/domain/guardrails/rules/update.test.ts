import { afterAll, beforeAll, expect, it } from "vitest";
import { attachedTo, attachRules, makeRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getRule, updateRule } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("changes what is given and leaves the rest; terms are replaced whole", async () => {
  const made = await makeRule(t);
  const { id } = made;
  const actions = [{ type: "trash" }, { type: "mark_as_read" }];
  const changed = await t.run(t.rootToken, updateRule, {}, { id, priority: 0, enabled: false, actions });
  expect(changed).toEqual({ ...made, priority: 0, enabled: false, actions, updatedAt: changed.updatedAt });
  const same = await t.run(t.rootToken, updateRule, {}, { id });
  expect(same).toEqual({ ...changed, updatedAt: same.updatedAt });
  expect(await t.run(t.rootToken, getRule, {}, { id })).toEqual(same);
});

it("tells those who judge mail, and stays attached where it is", async () => {
  const { pod, token } = await t.seed.tenant();
  const { address } = await t.seed.inbox(pod);
  const [rule, other] = [await makeRule(t), await makeRule(t)];
  await attachRules(t, pod, [rule, other]);
  const before = await attachedTo(t, address);
  await t.run(t.rootToken, updateRule, {}, { id: rule.id, enabled: false });
  const after = await attachedTo(t, address);
  expect(after.version).not.toBe(before.version);
  expect(after.ruleIds).toEqual([rule.id, other.id]);
  // It sees the rule.
  expect((await t.refusal(token, updateRule, {}, { id: rule.id })).code).toBe("permission.missing");
});

it("is judged whole when a part of it changes, and what is refused leaves it", async () => {
  const made = await makeRule(t, {
    trigger: "outbound",
    match: { conditions: [{ field: "recipient.tld", operator: "is", value: "com" }] },
  });
  const refused = await t.refusal(
    t.rootToken,
    updateRule,
    {},
    { id: made.id, name: "N", trigger: "inbound" },
  );
  expect(refused.details.path).toEqual(["match", "conditions", 0, "field"]);
  expect(await t.run(t.rootToken, getRule, {}, { id: made.id })).toEqual(made);
});

it("of an id of nothing, or that is none, is not found", async () => {
  for (const id of [crypto.randomUUID(), "nonsense"])
    expect((await t.refusal(t.rootToken, updateRule, {}, { id })).code).toBe("object.not_found");
});
