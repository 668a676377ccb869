import { afterAll, beforeAll, expect, it } from "vitest";
import { accepted, attempt, deliveriesOf, peer, sender } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemActor } from "../../door/access/index.ts";
import { listSuppressions } from "../../guardrails/suppressions/index.ts";
import { getStanding } from "../outbound/index.ts";
import { type Report, recordReport } from "./record.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const failure = (...addresses: readonly string[]): Report => ({
  kind: "failure",
  recipients: addresses.map((address) => ({
    ...{ addresses: [address], status: "5.1.1", code: 550, reply: "no such user" },
  })),
});

/** A mail that another server took. */
async function sent(...to: readonly string[]) {
  const { pod, send } = await sender(t);
  await send(...to);
  await attempt(t, pod, peer(accepted));
  const [delivery] = await deliveriesOf(t, pod);
  const deliveryId = delivery?.id ?? "";
  const actor = await systemActor(t.database, "test", { podId: pod });
  if (actor === null) throw new Error("the pod is gone");
  return {
    ...{ pod, deliveryId, actor },
    report: (report: Report, id = deliveryId) =>
      t.run(actor, recordReport, {}, { podId: pod, deliveryId: id, report }),
    counts: async () => {
      const { bounced, complained } = await t.run(t.rootToken, getStanding, { pod }, undefined);
      return { bounced, complained };
    },
    suppressed: async () =>
      (
        await t.run(t.rootToken, listSuppressions, { pod }, { size: 10, after: null, ascending: true })
      ).items.map(({ address, cause }) => `${address} ${cause}`),
  };
}

it("a report counts and suppresses once, however often it comes; what it adds counts alone", async () => {
  const { report, counts, suppressed } = await sent("a@late.test", "b@late.test");
  for (let time = 0; time < 2; time++) await report(failure("a@late.test"));
  expect(await counts()).toEqual({ bounced: 1, complained: 0 });
  await report(failure("a@late.test", "b@late.test"));
  expect(await counts()).toEqual({ bounced: 2, complained: 0 });
  expect(await suppressed()).toEqual(["a@late.test bounce", "b@late.test bounce"]);
});

it("who complains is suppressed as such, and nobody is whom the mail was not for", async () => {
  const { report, counts, suppressed } = await sent("a@angry.test", "c@angry.test");
  await report(failure("stranger@angry.test", "b@angry.test"));
  const complaint = { kind: "complaint", type: "abuse", returnPaths: [] } as const;
  await report({ ...complaint, recipients: ["a@angry.test"] });
  expect(await counts()).toEqual({ bounced: 0, complained: 1 });
  expect(await suppressed()).toEqual(["a@angry.test complaint"]);
});

it("a report of a delivery that is gone, or another pod's, changes nothing", async () => {
  const [own, other] = [await sent("a@own.test"), await sent("a@other.test")];
  for (const id of [crypto.randomUUID(), other.deliveryId]) await own.report(failure("a@other.test"), id);
  for (const { counts, suppressed } of [own, other]) {
    expect(await counts()).toEqual({ bounced: 0, complained: 0 });
    expect(await suppressed()).toEqual([]);
  }
});
