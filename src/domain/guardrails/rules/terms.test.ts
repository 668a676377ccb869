import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { findAttachedRules, findInboxTargets, systemScope } from "../../door/access/index.ts";
import { createValueList, deleteValueList } from "../value-lists/index.ts";
import {
  type CreateRule,
  createRule,
  deleteRule,
  type GivenCondition,
  getRule,
  listRules,
  updateRule,
} from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const from = (value: string): GivenCondition => ({ field: "from.domain", operator: "is", value });
const blocking = (changes: Partial<CreateRule> = {}): CreateRule => ({
  name: "R",
  match: { conditions: [from("evil.example")] },
  actions: [{ type: "block" }],
  ...changes,
});
const make = (changes: Partial<CreateRule> = {}) => t.run(t.rootToken, createRule, {}, blocking(changes));
const refusedAt = async (changes: Partial<CreateRule>): Promise<string> => {
  const { code, details } = await t.refusal(t.rootToken, createRule, {}, blocking(changes));
  expect(code).toBe("input.invalid");
  return (details.path ?? []).join(".");
};
const list = async (type: string) => (await t.run(t.rootToken, createValueList, {}, { name: "L", type })).id;

/** What a pod has attached, and its version, as those who judge its mail see them. */
async function attachedTo(address: string) {
  const found = await t.behind((tx) => findInboxTargets(tx, systemScope, [address]));
  const target = found.get(address);
  if (target === undefined) throw new Error(`no inbox ${address}`);
  const rules = await t.behind((tx) => findAttachedRules(tx, systemScope, [target.podId]));
  return { ...target.guardrails, ruleIds: rules.get(target.podId) };
}
const attach = (pod: string, ids: readonly string[]) =>
  t.behind((tx) =>
    sql`update pods set rule_ids = ${[...ids]}::uuid[] where id = ${pod}`.execute(tx.within(systemScope)),
  );

describe("a rule", () => {
  it("is made with what is left out, read, listed, changed in part and deleted", async () => {
    const rule = await make();
    expect(rule).toMatchObject({
      description: null,
      priority: 10,
      enabled: true,
      trigger: "inbound",
      match: { operator: "all", conditions: [from("evil.example")] },
      actions: [{ type: "block" }],
    });
    expect(await t.run(t.rootToken, getRule, {}, { id: rule.id })).toEqual(rule);
    const { items } = await t.run(t.rootToken, listRules, {}, { ...firstPage, size: 1 });
    expect(items).toEqual([rule]);
    const changed = await t.run(
      t.rootToken,
      updateRule,
      {},
      { id: rule.id, priority: 0, enabled: false, actions: [{ type: "trash" }, { type: "mark_as_read" }] },
    );
    expect(changed).toMatchObject({
      name: "R",
      priority: 0,
      enabled: false,
      match: rule.match,
      actions: [{ type: "trash" }, { type: "mark_as_read" }],
    });
    expect(await t.run(t.rootToken, updateRule, {}, { id: rule.id })).toMatchObject({ priority: 0 });
    await t.run(t.rootToken, deleteRule, {}, { id: rule.id });
    for (const operation of [getRule, deleteRule, updateRule])
      for (const id of [rule.id, "nonsense"])
        expect((await t.refusal(t.rootToken, operation, {}, { id })).code).toBe("object.not_found");
  });

  it("keeps each value in the form in which it came", async () => {
    const id = await list("address");
    const conditions = [
      { field: "from.address", operator: "in_list", value: id },
      { field: "from.address", operator: "in_list", value: [id] },
      { field: "from.domain", operator: "contains", value: " ^.*[ev1l]+(?=\\.com)$ " },
    ];
    expect((await make({ match: { operator: "any", conditions } })).match.conditions).toEqual(conditions);
  });

  it("is refused for what no rule can say, with the place of it", async () => {
    const match = (condition: Partial<GivenCondition>) => ({
      match: { conditions: [{ ...from("x.example"), ...condition }] },
    });
    const at = "match.conditions.0";
    expect(await refusedAt({ name: "" })).toBe("name");
    expect(await refusedAt({ priority: -1 })).toBe("priority");
    expect(await refusedAt({ priority: 1001 })).toBe("priority");
    expect(await refusedAt({ priority: 1.5 })).toBe("priority");
    expect(await refusedAt({ trigger: "sideways" })).toBe("trigger");
    expect(await refusedAt({ match: { operator: "none", conditions: [from("x")] } })).toBe("match.operator");
    expect(await refusedAt({ match: { conditions: [] } })).toBe("match.conditions");
    const thousand = Array.from({ length: 1000 }, () => from("x.example"));
    expect(await refusedAt({ match: { conditions: thousand } })).toBe("match.conditions");
    expect(await refusedAt(match({ field: "subject" }))).toBe(`${at}.field`);
    expect(await refusedAt(match({ field: "recipient.domain" }))).toBe(`${at}.field`);
    expect(await refusedAt(match({ field: "outbound.type", value: "reply" }))).toBe(`${at}.field`);
    expect(await refusedAt(match({ operator: "matches" }))).toBe(`${at}.operator`);
    expect(await refusedAt(match({ value: ["x.example"] }))).toBe(`${at}.value`);
    expect(await refusedAt(match({ value: " " }))).toBe(`${at}.value`);
    expect(await refusedAt(match({ value: " @ " }))).toBe(`${at}.value`);
    expect(await refusedAt(match({ value: "x".repeat(501) }))).toBe(`${at}.value`);
    expect(await refusedAt(match({ value: "a\nb" }))).toBe(`${at}.value`);
    const sends = (condition: Partial<GivenCondition>) => ({ trigger: "outbound", ...match(condition) });
    const type = { field: "outbound.type" };
    expect(await refusedAt(sends({ ...type, value: "forward" }))).toBe(`${at}.value`);
    expect(await refusedAt(sends({ ...type, operator: "contains", value: "re" }))).toBe(`${at}.operator`);
    expect(await refusedAt(sends({ ...type, operator: "in_list", value: [randomUUID()] }))).toBe(
      `${at}.operator`,
    );
  });

  it("blocks alone, and says a folder where one is needed and nowhere else", async () => {
    expect(await refusedAt({ actions: [] })).toBe("actions");
    expect(await refusedAt({ actions: [{ type: "forward" }] })).toBe("actions.0.type");
    expect(await refusedAt({ actions: [{ type: "block" }, { type: "mark_as_read" }] })).toBe("actions");
    expect(await refusedAt({ actions: [{ type: "trash", value: "x" }] })).toBe("actions.0.value");
    expect(await refusedAt({ actions: [{ type: "assign_to_folder" }] })).toBe("actions.0.value");
    expect(await refusedAt({ actions: [{ type: "assign_to_folder", value: " " }] })).toBe("actions.0.value");
    expect((await make({ actions: [{ type: "assign_to_folder", value: " No/Such " }] })).actions).toEqual([
      { type: "assign_to_folder", value: "No/Such" },
    ]);
  });

  it("names lists that are there and fit the field", async () => {
    const id = await list("domain");
    const inList = (field: string, value: string | string[]) => ({
      match: { conditions: [{ field, operator: "in_list", value }] },
    });
    const at = "match.conditions.0.value";
    expect(await refusedAt(inList("from.domain", "nonsense"))).toBe(`${at}.0`);
    expect(await refusedAt(inList("from.domain", [id, randomUUID()]))).toBe(`${at}.1`);
    expect(await refusedAt(inList("from.address", [id]))).toBe(`${at}.0`);
    expect(await refusedAt(inList("from.domain", []))).toBe(at);
    const rule = await make(inList("from.domain", id.toUpperCase()));
    await t.run(t.rootToken, deleteValueList, {}, { id });
    // What names a list that is gone stays as it is, and may be changed elsewhere.
    expect(await t.run(t.rootToken, updateRule, {}, { id: rule.id, name: "N" })).toMatchObject({
      match: rule.match,
    });
    const again = await t.refusal(t.rootToken, updateRule, {}, { id: rule.id, match: rule.match });
    expect(again.code).toBe("input.invalid");
  });

  it("is judged whole when a part of it changes", async () => {
    const { id } = await make({
      trigger: "outbound",
      match: { conditions: [{ field: "recipient.tld", operator: "is", value: "com" }] },
    });
    const refused = await t.refusal(t.rootToken, updateRule, {}, { id, trigger: "inbound" });
    expect(refused.details.path).toEqual(["match", "conditions", 0, "field"]);
  });
});

it("every change of a rule gives the pods of the organization another version; deleting takes it out of them", async () => {
  const { pod } = await t.seed.tenant();
  const { address } = await t.seed.inbox(pod);
  const versions = new Set([(await attachedTo(address)).version]);
  const rule = await make();
  const other = await make();
  versions.add((await attachedTo(address)).version);
  await attach(pod, [rule.id, other.id]);
  await t.run(t.rootToken, updateRule, {}, { id: rule.id, enabled: false });
  versions.add((await attachedTo(address)).version);
  expect((await attachedTo(address)).ruleIds).toEqual([rule.id, other.id]);
  await t.run(t.rootToken, deleteRule, {}, { id: rule.id });
  const left = await attachedTo(address);
  versions.add(left.version);
  expect(left.ruleIds).toEqual([other.id]);
  expect(versions.size).toBe(4);
});

it("a key of a pod or inbox sees the rules that its pod has attached, and changes none", async () => {
  const [attached, other] = [await make(), await make()];
  const { pod, token } = await t.seed.tenant();
  const { address } = await t.seed.inbox(pod);
  await attach(pod, [attached.id]);
  const { token: inboxToken } = await t.seed.key({ inbox: address });
  for (const by of [token, inboxToken]) {
    const { items } = await t.run(by, listRules, {}, firstPage);
    expect(items.map(({ id }) => id)).toEqual([attached.id]);
    expect(await t.run(by, getRule, {}, { id: attached.id })).toEqual(attached);
    expect((await t.refusal(by, getRule, {}, { id: other.id })).code).toBe("object.not_found");
    expect((await t.refusal(by, updateRule, {}, { id: attached.id })).code).toBe("permission.missing");
    expect((await t.refusal(by, deleteRule, {}, { id: attached.id })).code).toBe("permission.missing");
    expect((await t.refusal(by, createRule, {}, blocking())).code).toBe("permission.missing");
  }
});
