import { afterAll, beforeAll, expect, it } from "vitest";
import { nameInRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createValueList, getValueList, updateValueList } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const make = () =>
  t.run(t.rootToken, createValueList, {}, { name: "Spammers", type: "domain", description: "of 2026" });

it("changes what is given and leaves the rest; a description that is null is none", async () => {
  const made = await make();
  const { id } = made;
  const renamed = await t.run(t.rootToken, updateValueList, {}, { id, name: "S" });
  expect(renamed).toEqual({ ...made, name: "S", updatedAt: renamed.updatedAt });
  const cleared = await t.run(t.rootToken, updateValueList, {}, { id, description: null, type: "domain" });
  expect(cleared).toMatchObject({ name: "S", description: null });
  expect(await t.run(t.rootToken, getValueList, {}, { id })).toEqual(cleared);
});

it("of its type, to a name that is none, or by a key of less than the organization is refused, and leaves it", async () => {
  const made = await make();
  const { id } = made;
  for (const [change, path] of [
    [{ id, name: "S", type: "tld" }, "type"],
    [{ id, name: " ", description: null }, "name"],
  ] as const)
    expect(await t.refusal(t.rootToken, updateValueList, {}, change)).toMatchObject({
      code: "input.invalid",
      details: { path: [path] },
    });
  const { pod, token } = await t.seed.tenant();
  await nameInRule(t, pod, id);
  expect((await t.refusal(token, updateValueList, {}, { id, name: "S" })).code).toBe("permission.missing");
  expect(await t.run(t.rootToken, getValueList, {}, { id })).toEqual(made);
});

it("of an id of nothing, or that is none, is not found", async () => {
  for (const id of [crypto.randomUUID(), "nonsense"])
    expect((await t.refusal(t.rootToken, updateValueList, {}, { id, name: "S" })).code).toBe(
      "object.not_found",
    );
});
