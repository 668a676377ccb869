import { afterAll, beforeAll, expect, it } from "vitest";
import { apply, fleetOf, linesOf, plan, wanted } from "../../../../test/support/fleet.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type FleetLine, getPlan, type PlanPart } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A plan, read to its end. */
async function read(planId: string): Promise<FleetLine[]> {
  const lines: FleetLine[] = [];
  for (let after: PlanPart["next"] = null; ; ) {
    const part: PlanPart = await t.run(
      t.rootToken,
      getPlan,
      {},
      after == null ? { planId } : { planId, after },
    );
    lines.push(...part.lines);
    if (part.next === null) return lines;
    after = part.next;
  }
}

it("a plan reads as it was made, also when its changes have been made since", async () => {
  const fleet = wanted(fleetOf("read", ["a", "b"]));
  const made = await plan(t, fleet);
  const planId = linesOf(made, "plan")[0]?.plan.id ?? "";
  const before = await read(planId);
  expect(linesOf(before, "change")).toEqual(linesOf(made, "change"));
  expect(linesOf(before, "plan").map(({ hash, summary }) => ({ hash, summary }))).toEqual(
    linesOf(made, "plan").map(({ hash, summary }) => ({ hash, summary })),
  );
  await apply(t, fleet);
  expect(linesOf(await read(planId), "change")).toEqual(linesOf(made, "change"));
});

it("one that is not there is not found, and none is shown to a key of a pod", async () => {
  for (const planId of [crypto.randomUUID(), "nonsense"])
    expect((await t.refusal(t.rootToken, getPlan, {}, { planId })).code).toBe("object.not_found");
  const { token } = await t.seed.tenant();
  const refusal = await t.refusal(token, getPlan, {}, { planId: crypto.randomUUID() });
  expect(refusal.code).toBe("scope.forbidden");
});
