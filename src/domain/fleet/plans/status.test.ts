import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apply, confirm, fleetOf, linesOf, plan, podOf, wanted } from "../../../../test/support/fleet.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { pauseInbox } from "../../tenancy/inboxes/index.ts";
import { createPod, updatePod } from "../../tenancy/pods/index.ts";
import { fleetStatus, offboardTenants, type StatusRun, type TenantRow } from "./index.ts";

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
