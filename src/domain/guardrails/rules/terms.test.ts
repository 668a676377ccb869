import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createValueList, deleteValueList } from "../value-lists/index.ts";
import { type CreateRule, createRule, type GivenCondition, updateRule } from "./index.ts";

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

describe("a rule", () => {
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
});
