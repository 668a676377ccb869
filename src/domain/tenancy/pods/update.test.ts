import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { findAttachedRules, findInboxTargets, systemScope } from "../../door/access/index.ts";
import { createPolicy } from "../../guardrails/policies/index.ts";
import { createRule } from "../../guardrails/rules/index.ts";
import { type CreatePod, createPod, getPod, type UpdatePod, updatePod } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const create = (input: CreatePod) => t.run(t.rootToken, createPod, {}, input);
const update = (pod: string, input: UpdatePod) => t.run(t.rootToken, updatePod, { pod }, input);
const refusalOf = (pod: string, input: UpdatePod) => t.refusal(t.rootToken, updatePod, { pod }, input);
const ABSENT = "0190a000-0000-7000-8000-00000000dead";

describe("a pod that groups a domain", () => {
  it("groups of itself unless it is told not to; another pod for the same domain is refused, also at the same moment", async () => {
    const made = await create({ name: "One", groupDomain: "One.Example" });
    expect(made).toMatchObject({ groupDomain: "one.example", autoGroup: true });
    expect(await create({ groupDomain: "off.example", autoGroup: false })).toMatchObject({
      autoGroup: false,
    });
    expect(await create({})).toMatchObject({ groupDomain: null, autoGroup: false });
    for (const input of [{ groupDomain: "one.example" }, { groupDomain: "no domain" }, { autoGroup: true }])
      expect((await t.refusal(t.rootToken, createPod, {}, input)).code, JSON.stringify(input)).toBe(
        "input.invalid",
      );
    const racing = await Promise.allSettled([1, 2, 3].map(() => create({ groupDomain: "race.example" })));
    expect(racing.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await t.run(t.rootToken, getPod, { pod: { domain: "one.example" } }, undefined)).toEqual(made);
  });

  it("keeps its domain, and is changed for the rest", async () => {
    const { id } = await create({ groupDomain: "kept.example" });
    expect(
      await update(id, { name: "Renamed", autoGroup: false, groupDomain: "KEPT.example" }),
    ).toMatchObject({
      name: "Renamed",
      autoGroup: false,
      groupDomain: "kept.example",
    });
    expect(await update(id, {})).toMatchObject({ name: "Renamed", autoGroup: false });
    for (const input of [{ groupDomain: "other.example" }, { name: "" }])
      expect((await refusalOf(id, input)).code).toBe("input.invalid");
    expect((await refusalOf((await create({})).id, { autoGroup: true })).code).toBe("input.invalid");
  });
});

it("what the organization does not have cannot be attached", async () => {
  const { id } = await create({});
  for (const input of [{ policyId: ABSENT }, { policyId: "x" }, { ruleIds: [ABSENT] }, { ruleIds: ["x"] }]) {
    expect((await refusalOf(id, input)).code, JSON.stringify(input)).toBe("input.invalid");
    expect((await t.refusal(t.rootToken, createPod, {}, input)).code, JSON.stringify(input)).toBe(
      "input.invalid",
    );
  }
  expect(await update(id, { policyId: null, ruleIds: null })).toMatchObject({ policyId: null, ruleIds: [] });
});

it("what is attached is there with the next look-up of an inbox, in order, and null or nothing detaches it", async () => {
  const policy = await t.run(t.rootToken, createPolicy, {}, { name: "Strict" });
  const rules = [];
  for (const name of ["one", "two"])
    rules.push(
      (
        await t.run(
          t.rootToken,
          createRule,
          {},
          {
            name,
            match: { conditions: [{ field: "from.address", operator: "is", value: "a@b.example" }] },
            actions: [{ type: "block" }],
          },
        )
      ).id,
    );
  const { id } = await create({ policyId: policy.id, ruleIds: rules });
  const { address } = await t.seed.inbox(id);
  const attached = async () => {
    const target = await t.behind((tx) => findInboxTargets(tx, systemScope, [address]));
    const guardrails = target.get(address)?.guardrails;
    if (guardrails === undefined) throw new Error(`no inbox ${address}`);
    const rules = await t.behind((tx) => findAttachedRules(tx, systemScope, [id]));
    return { ...guardrails, ruleIds: rules.get(id) };
  };
  const first = await attached();
  expect(first).toMatchObject({ policyId: policy.id, ruleIds: rules });
  await update(id, { ruleIds: rules.toReversed() });
  const second = await attached();
  expect(second).toMatchObject({ policyId: policy.id, ruleIds: rules.toReversed() });
  expect(second.version).not.toBe(first.version);
  expect(await update(id, { name: "Kept" })).toMatchObject({
    policyId: policy.id,
    ruleIds: rules.toReversed(),
  });
  expect((await attached()).version).toBe(second.version);
  expect(await update(id, { policyId: null, ruleIds: null })).toMatchObject({ policyId: null, ruleIds: [] });
  expect(await attached()).toMatchObject({ policyId: null, ruleIds: [] });
  expect(await update(t.organizationId, { policyId: policy.id, ruleIds: rules })).toMatchObject({
    policyId: policy.id,
  });
});

it("of the Default Pod only what is attached can be changed", async () => {
  const pod = t.organizationId;
  for (const input of [{ name: "Mine" }, { autoGroup: true }, { groupDomain: "x.example" }])
    expect((await refusalOf(pod, input)).code, JSON.stringify(input)).toBe("input.invalid");
  expect(await update(pod, { policyId: null, ruleIds: [] })).toMatchObject({ id: pod, name: "Default Pod" });
});

it("is changed by keys of the organization that may", async () => {
  const { pod, token } = await t.seed.tenant();
  expect((await t.refusal(token, updatePod, { pod }, { name: "x" })).code).toBe("permission.missing");
});
