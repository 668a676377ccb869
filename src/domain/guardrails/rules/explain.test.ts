import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { attachPolicy } from "../../../../test/support/policies.ts";
import { attachRules, makeRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createPolicy } from "../policies/index.ts";
import { explainRules } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("an explanation says what was recorded, and which rule matches now and why", async () => {
  const mine = await t.seed.pod();
  const { address } = await t.seed.inbox(mine);
  const archive = await makeRule(t, { actions: [{ type: "archive" }] });
  await attachRules(t, mine, [archive]);
  await mailInto(t)(address, { id: "<e@evil.example>", from: "E <e@Evil.example>" });
  const block = await makeRule(t, { priority: 1 });
  const behind = await makeRule(t, {
    priority: 2,
    match: { conditions: [{ field: "from.tld", operator: "is", value: "com" }] },
  });
  await attachRules(t, mine, [archive, block, behind]);
  const explain = (by: string) =>
    t.run(by, explainRules, { inbox: address }, { messageId: "<e@evil.example>" });
  const { recorded, rules, applied } = await explain(t.rootToken);
  expect(recorded).toMatchObject({ applied: ["archive"], matchedRuleIds: [archive.id] });
  expect(applied).toEqual({ actions: ["block"], folders: [] });
  expect(rules.map(({ rule, matches, isReached }) => [rule.id, matches, isReached])).toEqual([
    [block.id, true, true],
    [behind.id, false, false],
    [archive.id, true, false],
  ]);
  expect(rules[0]?.conditions).toMatchObject([{ values: ["evil.example"], holds: true }]);
  expect(rules[1]?.conditions).toMatchObject([{ values: ["example"], holds: false }]);
  const { token } = await t.seed.key({ inbox: address });
  expect((await explain(token)).rules).toHaveLength(3);
  const { message } = await explain(token);
  const byId = await t.run(token, explainRules, { inbox: address }, { id: message.id });
  expect(byId).toEqual(await explain(token));
  const { address: neighbour } = await t.seed.inbox(mine);
  for (const [at, ref] of [
    [address, { messageId: "<no@x>" }],
    [neighbour, { id: message.id }],
  ] as const)
    expect((await t.refusal(t.rootToken, explainRules, { inbox: at }, ref)).code).toBe("object.not_found");
});

it("a folder that only the pod's policy names is there for an explanation, as it was for the mail", async () => {
  const mine = await t.seed.pod();
  const { address } = await t.seed.inbox(mine);
  const { id } = await t.run(
    t.rootToken,
    createPolicy,
    {},
    {
      name: "Folders",
      options: { additionalFolders: ["Leads"] },
    },
  );
  await attachPolicy(t, mine, id);
  const rule = await makeRule(t, { actions: [{ type: "assign_to_folder", value: "Leads" }] });
  await attachRules(t, mine, [rule]);
  await mailInto(t)(address, { id: "<lead@evil.example>", from: "E <e@evil.example>" });
  const { token } = await t.seed.key({ inbox: address });
  for (const by of [t.rootToken, token]) {
    const { recorded, applied } = await t.run(
      by,
      explainRules,
      { inbox: address },
      { messageId: "<lead@evil.example>" },
    );
    expect(applied.folders).toEqual(["Leads"]);
    expect(recorded?.folders).toEqual(applied.folders);
  }
});
