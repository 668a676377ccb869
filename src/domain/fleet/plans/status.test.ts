import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  apply,
  confirm,
  fleetOf,
  linesOf,
  plan,
  podOf,
  said,
  wanted,
} from "../../../../test/support/fleet.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { whoAmI } from "../../tenancy/api-keys/index.ts";
import { createInbox, pauseInbox } from "../../tenancy/inboxes/index.ts";
import { createPod, updatePod } from "../../tenancy/pods/index.ts";
import {
  type DocumentRun,
  desiredOf,
  fleetDocument,
  fleetStatus,
  offboardTenants,
  type StatusRun,
  type TenantRow,
} from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

async function status(planId: string | null = null): Promise<{ rows: TenantRow[]; last: StatusRun }> {
  const rows: TenantRow[] = [];
  let last = await t.run(t.rootToken, fleetStatus, {}, { planId });
  for (;;) {
    rows.push(...last.rows);
    if (last.next === null) return { rows, last };
    last = await t.run(t.rootToken, fleetStatus, {}, { planId, from: last.next });
  }
}

const shown = (rows: readonly TenantRow[]): string[] =>
  rows.map(({ slug, state, health }) => `${slug} ${state} ${health}`);

describe("an inventory", () => {
  it("shows each tenant with its health and its drift, then what the document does not have", async () => {
    await t.run(t.rootToken, createPod, {}, { clientId: "stranger" });
    expect(shown((await status()).rows)).toEqual(["stranger orphan null"]);
    await confirm(t, await apply(t, wanted(fleetOf("inv", ["a", "b", "c"]))));
    await t.run(t.rootToken, updatePod, { pod: await podOf(t, "inv-a") }, { name: "Other" });
    await t.run(t.rootToken, pauseInbox, { inbox: "support-inv-b@rookery.localhost" }, undefined);
    await t.run(t.rootToken, offboardTenants, {}, { tenants: ["inv-c"], now: true });
    const { rows, last } = await status();
    expect(shown(rows)).toEqual([
      "inv-a in_sync valid",
      "inv-b in_sync invalid",
      "inv-c gap null",
      "stranger orphan null",
    ]);
    expect(rows[1]).toMatchObject({
      addresses: ["support-inv-b@rookery.localhost"],
      faults: [{ code: "paused", address: "support-inv-b@rookery.localhost" }],
    });
    expect(last.counts).toEqual({
      tenants: 4,
      byState: { in_sync: 2, drift: 0, gap: 1, orphan: 1, suspended: 0 },
      invalid: 1,
    });
  });

  it("compares with the document of a plan that is named", async () => {
    const document = fleetOf("inv", ["a"], {
      tenants: [{ slug: "inv-a", name: "Mine" }, { slug: "inv-new" }],
    });
    const [planned] = linesOf(await plan(t, wanted(document)), "plan");
    const { rows } = await status(planned?.plan.id ?? "");
    expect(shown(rows)).toEqual([
      "inv-a drift valid",
      "inv-new gap null",
      "stranger orphan null",
      "inv-b orphan invalid",
    ]);
    expect(rows[0]?.changes).toMatchObject([{ fields: [{ field: "name", from: "Other", to: "Mine" }] }]);
    expect((await t.refusal(t.rootToken, fleetStatus, {}, { planId: "nonsense" })).code).toBe(
      "object.not_found",
    );
  });
});

it("offboarding works on the very next request, and says what it did not find", async () => {
  const lines = await apply(t, wanted(fleetOf("off", ["a"])));
  await confirm(t, lines);
  const [key] = linesOf(lines, "secret");
  const token = key?.secret.secret ?? "";
  expect(await t.run(token, whoAmI, {}, undefined)).toMatchObject({ level: "pod" });
  const off = () => t.run(t.rootToken, offboardTenants, {}, { tenants: ["off-a", "nobody"], now: false });
  const first = await off();
  expect(first.applied.map(({ action, name }) => `${action} ${name}`)).toEqual(["suspend off-a"]);
  expect(first.failures.map(({ slug, failure }) => [slug, failure.code])).toEqual([
    ["nobody", "object.not_found"],
  ]);
  expect((await t.refusal(token, whoAmI, {}, undefined)).code).toBe("pod.suspended");
  expect(await off()).toMatchObject({ applied: [], unchanged: 1 });
});

it("a document written from what is there, applied, adopts it and changes nothing else", async () => {
  const fresh = await openTestDoor();
  try {
    const { id: pod } = await fresh.run(fresh.rootToken, createPod, {}, { clientId: "acme", name: "Acme" });
    await fresh.run(
      fresh.rootToken,
      createInbox,
      { pod },
      { username: "acme", clientId: "support", displayName: "Help", metadata: { plan: "gold" } },
    );
    await fresh.run(fresh.rootToken, createInbox, { pod }, { username: "nameless" });
    await fresh.run(fresh.rootToken, createPod, {}, {});
    const made: DocumentRun = await fresh.run(fresh.rootToken, fleetDocument, {}, {});
    expect(made.skipped.map(({ why }) => why)).toEqual([
      "the pod has no client_id",
      "the inbox nameless@rookery.localhost has no client_id",
    ]);
    const document = { version: 1 as const, tenants: made.tenants.map(({ tenant }) => tenant) };
    expect(document.tenants).toMatchObject([
      { slug: "acme", name: "Acme", inboxes: [{ role: "support", address: "acme@rookery.localhost" }] },
    ]);
    expect(desiredOf(document, { policies: {}, rules: {}, lists: {} }).tenants).toHaveLength(1);
    expect(said(await apply(fresh, wanted(document)))).toEqual([
      "adopt pod acme",
      "adopt inbox acme support",
    ]);
    expect(said(await plan(fresh, wanted(document)))).toEqual(["keep inbox acme nameless@rookery.localhost"]);
  } finally {
    await fresh.close();
  }
});
