import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  apply,
  confirm,
  fleetOf,
  linesOf,
  plan,
  podOf,
  said,
  shared,
  wanted,
} from "../../../../test/support/fleet.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { FleetDocument } from "../../../protocols/fleet-file/index.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDoor } from "../../door/door.ts";
import { createPolicy, updatePolicy } from "../../guardrails/policies/index.ts";
import { deleteApiKey } from "../../tenancy/api-keys/index.ts";
import { createInbox, updateInbox } from "../../tenancy/inboxes/index.ts";
import { createPod, deletePod, updatePod } from "../../tenancy/pods/index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** Changes a tenant in every way that a document would notice. @returns id of the policy that it has now */
async function changeByHand(pod: string, inbox: string): Promise<string> {
  const other = await t.run(t.rootToken, createPolicy, {}, { name: "other" });
  await t.run(t.rootToken, updatePod, { pod }, { policyId: other.id });
  await t.run(t.rootToken, updateInbox, { inbox }, { displayName: "Somebody", metadata: { mine: "kept" } });
  await t.run(t.rootToken, createInbox, { pod }, { username: "extra-drift-a" });
  await t.behind((tx) =>
    tx
      .within(systemScope)
      .updateTable("webhooks")
      .set({ enabled: false })
      .where("pod_id", "=", pod)
      .execute(),
  );
  const keys = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("api_keys")
      .where("pod_id", "=", pod)
      .where("name", "=", "tenant")
      .select("id")
      .execute(),
  );
  await t.run(t.rootToken, deleteApiKey, {}, { id: keys[0]?.id ?? "", exact: false });
  return other.id;
}

describe("drift", () => {
  it("names each difference, and who made it and when", async () => {
    const document = fleetOf("drift", ["a", "b"], {
      defaults: { ...fleetOf("drift", []).defaults, policy: "gold" },
    });
    const given = wanted(document, {}, shared);
    await confirm(t, await apply(t, given));
    const pod = await podOf(t, "drift-a");
    const inbox = "support-drift-a@rookery.localhost";
    const other = await changeByHand(pod, inbox);
    const lines = await plan(t, given);
    expect(said(lines)).toEqual([
      "update pod drift-a policy",
      "update inbox drift-a support displayName",
      "keep inbox drift-a extra-drift-a@rookery.localhost",
      "create key drift-a tenant",
      "update webhook drift-a events enabled",
    ]);
    const changes = linesOf(lines, "change").map(({ change }) => change);
    expect(changes.every(({ cause }) => cause === "drift")).toBe(true);
    expect(changes.map(({ by }) => by?.operation)).toEqual([
      "pod.update",
      "inbox.update",
      "inbox.create",
      "api_key.delete",
      undefined,
    ]);
    expect(changes[0]).toMatchObject({
      fields: [{ from: other, to: "gold" }],
      by: { actor: expect.any(String) },
    });
    expect(said(await apply(t, given))).toHaveLength(4);
    const after = await t.behind((tx) =>
      tx
        .within(systemScope)
        .selectFrom("inboxes")
        .where("address", "=", inbox)
        .select(["display_name", "metadata"])
        .executeTakeFirstOrThrow(),
    );
    expect(after).toEqual({
      display_name: "Support of drift-a",
      metadata: { tenant: "drift-a", mine: "kept" },
    });
  });

  it("is told from a change of the document", async () => {
    const before = fleetOf("file", ["a"]);
    await confirm(t, await apply(t, wanted(before)));
    const after = { ...before, defaults: { ...before.defaults, display_name: "Help" } };
    const lines = await plan(t, wanted(after));
    expect(linesOf(lines, "change").map(({ change }) => [change.action, change.cause, change.by])).toEqual([
      ["update", "file", null],
    ]);
  });

  it("of a policy is put right in place, for all that have it", async () => {
    const document = { ...fleetOf("policy", ["a"]), tenants: [{ slug: "policy-a", policy: "silver" }] };
    const own = { policies: { silver: { limits: { sentPerDay: 7 } } }, rules: {}, lists: {} };
    await confirm(t, await apply(t, wanted(document, {}, own)));
    const row = await t.behind((tx) =>
      tx
        .within(systemScope)
        .selectFrom("policies")
        .where("name", "=", "silver")
        .select("id")
        .executeTakeFirstOrThrow(),
    );
    await t.run(t.rootToken, updatePolicy, {}, { id: row.id, limits: { sentPerDay: 8 } });
    const lines = await plan(t, wanted(document, {}, own));
    expect(linesOf(lines, "change")).toMatchObject([
      { change: { kind: "policy", cause: "drift", objectId: row.id, by: { operation: "policy.update" } } },
    ]);
    await apply(t, wanted(document, {}, own));
    expect(said(await plan(t, wanted(document, {}, own)))).toEqual([]);
  });

  it("finds a tenant that others deleted, and who did", async () => {
    const document: FleetDocument = { version: 1, tenants: [{ slug: "gone-a", inboxes: [] }] };
    await apply(t, wanted(document));
    await t.run(t.rootToken, deletePod, { pod: await podOf(t, "gone-a") }, undefined);
    const lines = await plan(t, wanted(document));
    expect(linesOf(lines, "change")).toMatchObject([
      { change: { action: "create", kind: "pod", cause: "drift", by: { operation: "pod.delete" } } },
    ]);
  });
});

it("adopts what is there under a tenant's names, and says so", async () => {
  const { id: pod } = await t.run(t.rootToken, createPod, {}, { clientId: "adopt-a", name: "By hand" });
  await t.run(t.rootToken, createInbox, { pod }, { username: "support-adopt-a", clientId: "support" });
  const given = wanted(fleetOf("adopt", ["a"]));
  expect(said(await plan(t, given))).toEqual([
    "adopt pod adopt-a",
    "adopt inbox adopt-a support",
    "update inbox adopt-a support displayName metadata.tenant",
    "create key adopt-a tenant",
    "create key adopt-a support/agent",
    "create webhook adopt-a events",
  ]);
  await confirm(t, await apply(t, given));
  expect(said(await plan(t, given))).toEqual([]);
  expect(await podOf(t, "adopt-a")).toBe(pod);
});

it("a plan that was stored is applied as it is, and refused when what is there has moved since", async () => {
  const given = wanted(fleetOf("stored", ["a", "b"]));
  const [first] = linesOf(await plan(t, given), "plan");
  const [second] = linesOf(await plan(t, given), "plan");
  expect(first?.hash).toBe(second?.hash);
  await t.run(t.rootToken, createPod, {}, { clientId: "stored-b" });
  await expect(apply(t, { planId: first?.plan.id ?? "" })).rejects.toMatchObject({
    code: "object.conflict",
    details: { message: expect.stringContaining("adopt pod stored-b is needed now") },
  });
  await expect(podOf(t, "stored-a")).rejects.toThrow();
  const [third] = linesOf(await plan(t, given), "plan");
  const lines = await apply(t, { planId: third?.plan.id ?? "" });
  expect(said(lines)).toContain("create pod stored-a");
  await expect(apply(t, { planId: third?.plan.id ?? "" })).rejects.toMatchObject({ code: "object.conflict" });
});

it("takes more tenants at once while nobody else has work, which changes nothing of a plan or of what it is held against", async () => {
  const door = createDoor({ ...t.parts, lent: { ...t.parts.lent, isShared: () => true } });
  const actor = await t.authenticator.authenticate(t.rootToken);
  const beside: TestDoor = {
    ...t,
    run: (_by, operation, at, input) => door.run(operation, actor, at, input),
  };
  const fleet = (name: string) =>
    wanted({
      version: 1,
      tenants: Array.from({ length: 120 }, (_, index) => ({ slug: `${name}-${index}`, inboxes: [] })),
    });
  const [alone, shared] = [await plan(t, fleet("sizes")), await plan(beside, fleet("sizes"))];
  expect(linesOf(alone, "progress").map(({ done }) => done)).toEqual([120]);
  expect(linesOf(shared, "progress").map(({ done }) => done)).toEqual([16, 32, 48, 64, 80, 96, 112, 120]);
  const [[first], [second]] = [linesOf(alone, "plan"), linesOf(shared, "plan")];
  expect(first?.hash).toBe(second?.hash);
  await t.run(t.rootToken, createPod, {}, { clientId: "sizes-110" });
  for (const [by, made] of [
    [beside, first],
    [t, second],
  ] as const)
    await expect(apply(by, { planId: made?.plan.id ?? "" })).rejects.toMatchObject({
      code: "object.conflict",
      details: { message: expect.stringContaining("adopt pod sizes-110 is needed now") },
    });
  await expect(podOf(t, "sizes-0")).rejects.toThrow();
  for (const [planner, by, name] of [
    [t, beside, "grown"],
    [beside, t, "shrunk"],
  ] as const) {
    const [made] = linesOf(await plan(planner, fleet(name)), "plan");
    const [applied] = linesOf(await apply(by, { planId: made?.plan.id ?? "" }), "applied");
    expect(applied?.totals.changes).toEqual({ create: 120 });
    expect(said(await plan(planner, fleet(name)))).toEqual([]);
  }
});
