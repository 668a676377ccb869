import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attachPolicy } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createPolicy, getPolicy, type Policy } from "./index.ts";

const missing = "01999999-0000-7000-8000-000000000000";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const create = (): Promise<Policy> => t.run(t.rootToken, createPolicy, {}, { name: "Standard" });

describe("who sees policies", () => {
  it("a key of a pod or inbox sees the one that is attached to its pod", async () => {
    const own = await create();
    const other = await create();
    const { pod, token } = await t.seed.tenant();
    const inbox = await t.seed.key({ inbox: (await t.seed.inbox(pod)).address });
    await attachPolicy(t, pod, own.id);
    for (const key of [token, inbox.token]) {
      expect((await t.run(key, getPolicy, {}, { id: own.id })).id).toBe(own.id);
      expect((await t.refusal(key, getPolicy, {}, { id: other.id })).code).toBe("object.not_found");
    }
    await attachPolicy(t, pod, null);
    expect((await t.refusal(token, getPolicy, {}, { id: own.id })).code).toBe("object.not_found");
  });

  it("an id of nothing, or that is none, is not found", async () => {
    for (const id of [missing, "policy"])
      expect((await t.refusal(t.rootToken, getPolicy, {}, { id })).code).toBe("object.not_found");
  });
});
