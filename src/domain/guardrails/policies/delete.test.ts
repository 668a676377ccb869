import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attachPolicy } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createPolicy, deletePolicy, getPolicy, type Policy } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const create = (): Promise<Policy> => t.run(t.rootToken, createPolicy, {}, { name: "Standard" });

describe("deleting", () => {
  it("is refused while a pod has the policy, which the failure names", async () => {
    const { id } = await create();
    const pod = await t.seed.pod();
    await attachPolicy(t, pod, id);
    const refused = await t.refusal(t.rootToken, deletePolicy, {}, { id });
    expect(refused.code).toBe("object.in_use");
    expect(refused.message).toContain(pod);
    await attachPolicy(t, pod, null);
    await t.run(t.rootToken, deletePolicy, {}, { id });
    expect((await t.refusal(t.rootToken, getPolicy, {}, { id })).code).toBe("object.not_found");
  });

  it("and attaching at once leave no pod with a policy that is gone", async () => {
    const { id } = await create();
    const pod = await t.seed.pod();
    const [deleted, attached] = await Promise.allSettled([
      t.run(t.rootToken, deletePolicy, {}, { id }),
      attachPolicy(t, pod, id),
    ]);
    expect([deleted.status, attached.status].toSorted()).toEqual(["fulfilled", "rejected"]);
    const { rows } = await t.behind((tx) =>
      sql<{
        found: boolean;
      }>`select policy_id is null or exists (select from policies y where y.id = p.policy_id) as found
        from pods p where p.id = ${pod}`.execute(tx.within(systemScope)),
    );
    expect(rows).toEqual([{ found: true }]);
  });

  it("of an id of nothing, or that is none, finds nothing", async () => {
    for (const id of [crypto.randomUUID(), "policy"])
      expect((await t.refusal(t.rootToken, deletePolicy, {}, { id })).code).toBe("object.not_found");
  });
});
