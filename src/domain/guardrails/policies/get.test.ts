import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attachPolicy } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createPolicy, deletePolicy, getPolicy, listPolicies, type Policy, updatePolicy } from "./index.ts";

const page = { size: 50, after: null, ascending: false };
const missing = "01999999-0000-7000-8000-000000000000";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const create = (): Promise<Policy> => t.run(t.rootToken, createPolicy, {}, { name: "Standard" });

describe("who sees policies", () => {
  it("a key of a pod or inbox sees the one that is attached to its pod, and changes none", async () => {
    const own = await create();
    const other = await create();
    const { pod, token } = await t.seed.tenant();
    const inbox = await t.seed.key({ inbox: (await t.seed.inbox(pod)).address });
    await attachPolicy(t, pod, own.id);
    for (const key of [token, inbox.token]) {
      expect((await t.run(key, listPolicies, {}, page)).items.map(({ id }) => id)).toEqual([own.id]);
      expect((await t.run(key, getPolicy, {}, { id: own.id })).id).toBe(own.id);
      expect((await t.refusal(key, getPolicy, {}, { id: other.id })).code).toBe("object.not_found");
      expect((await t.refusal(key, updatePolicy, {}, { id: own.id, name: "Mine" })).code).toMatch(
        /^(scope\.forbidden|permission\.missing)$/,
      );
    }
    await attachPolicy(t, pod, null);
    expect((await t.run(token, listPolicies, {}, page)).items).toEqual([]);
    expect((await t.refusal(token, getPolicy, {}, { id: own.id })).code).toBe("object.not_found");
  });

  it("the organization sees all, newest first and page by page", async () => {
    const newest = await create();
    const first = await t.run(t.rootToken, listPolicies, {}, { ...page, size: 1 });
    expect(first.items.map(({ id }) => id)).toEqual([newest.id]);
    const second = await t.run(t.rootToken, listPolicies, {}, { ...page, after: first.next });
    expect(second.items.map(({ id }) => id)).not.toContain(newest.id);
    expect(second.items.length).toBeGreaterThan(0);
  });

  it("an id of nothing, or that is none, is not found", async () => {
    for (const id of [missing, "policy"]) {
      for (const operation of [getPolicy, deletePolicy])
        expect((await t.refusal(t.rootToken, operation, {}, { id })).code).toBe("object.not_found");
      expect((await t.refusal(t.rootToken, updatePolicy, {}, { id, name: "A" })).code).toBe(
        "object.not_found",
      );
    }
  });
});
