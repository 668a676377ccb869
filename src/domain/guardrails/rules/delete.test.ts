import { afterAll, beforeAll, expect, it } from "vitest";
import { attachedTo, attachRules, makeRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { deleteRule, getRule } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("takes a rule out of all that is attached to pods, tells those who judge mail, and is done once", async () => {
  const { pod, token } = await t.seed.tenant();
  const { address } = await t.seed.inbox(pod);
  const [rule, other] = [await makeRule(t), await makeRule(t)];
  await attachRules(t, pod, [rule, other]);
  const before = await attachedTo(t, address);
  // It sees the rule.
  expect((await t.refusal(token, deleteRule, {}, { id: rule.id })).code).toBe("permission.missing");
  expect(await attachedTo(t, address)).toEqual(before);
  await t.run(t.rootToken, deleteRule, {}, { id: rule.id });
  const left = await attachedTo(t, address);
  expect(left.version).not.toBe(before.version);
  expect(left.ruleIds).toEqual([other.id]);
  for (const operation of [getRule, deleteRule])
    expect((await t.refusal(t.rootToken, operation, {}, { id: rule.id })).code).toBe("object.not_found");
  expect(await t.run(t.rootToken, getRule, {}, { id: other.id })).toEqual(other);
});

it("of an id that is none finds nothing", async () => {
  expect((await t.refusal(t.rootToken, deleteRule, {}, { id: "nonsense" })).code).toBe("object.not_found");
});
