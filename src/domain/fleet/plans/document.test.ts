import { afterAll, beforeAll, expect, it } from "vitest";
import { apply, plan, said, wanted } from "../../../../test/support/fleet.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createInbox } from "../../tenancy/inboxes/index.ts";
import { createPod, suspendPod } from "../../tenancy/pods/index.ts";
import { type DocumentRun, fleetDocument } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a document written from what is there, applied, adopts it and changes nothing else", async () => {
  const { id: pod } = await t.run(t.rootToken, createPod, {}, { clientId: "acme", name: "Acme" });
  await t.run(
    t.rootToken,
    createInbox,
    { pod },
    { username: "acme", clientId: "support", displayName: "Help", metadata: { plan: "gold" } },
  );
  await t.run(t.rootToken, createInbox, { pod }, { username: "nameless" });
  await t.run(t.rootToken, createPod, {}, {});
  const made: DocumentRun = await t.run(t.rootToken, fleetDocument, {}, {});
  expect(made.skipped.map(({ why }) => why)).toEqual([
    "the pod has no client_id",
    "the inbox nameless@rookery.localhost has no client_id",
  ]);
  const document = { version: 1 as const, tenants: made.tenants.map(({ tenant }) => tenant) };
  expect(document.tenants).toMatchObject([
    { slug: "acme", name: "Acme", inboxes: [{ role: "support", address: "acme@rookery.localhost" }] },
  ]);
  expect(wanted(document).desired.tenants).toHaveLength(1);
  expect(said(await apply(t, wanted(document)))).toEqual(["adopt pod acme", "adopt inbox acme support"]);
  expect(said(await plan(t, wanted(document)))).toEqual(["keep inbox acme nameless@rookery.localhost"]);
});

it("says of a pod that is suspended that it is left out, and counts on from run to run", async () => {
  const { id: pod } = await t.run(t.rootToken, createPod, {}, { clientId: "leaving" });
  const before: DocumentRun = await t.run(t.rootToken, fleetDocument, {}, {});
  await t.run(t.rootToken, suspendPod, { pod }, {});
  const after: DocumentRun = await t.run(t.rootToken, fleetDocument, {}, {});
  expect(before.tenants.map(({ podId }) => podId)).toContain(pod);
  expect(after.tenants.map(({ podId }) => podId)).not.toContain(pod);
  expect(after.skipped).toContainEqual({ podId: pod, why: "the pod is suspended" });
  expect(after.next).toBeNull();
  const from = { after: { id: t.organizationId, createdAt: new Date(0) }, tenants: 5, skipped: 7 };
  const later: DocumentRun = await t.run(t.rootToken, fleetDocument, {}, { from });
  expect(later.counts).toEqual({ tenants: 5 + later.tenants.length, skipped: 7 + later.skipped.length });
});
