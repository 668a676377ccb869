import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
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
import { systemScope } from "../../door/access/index.ts";
import { confirmSecrets } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("keeps the keys of a receipt, and counts each once", async () => {
  const given = wanted(fleetOf("kept", ["a", "b"]));
  const receipts = linesOf(await apply(t, given), "receipt").map(({ receiptId }) => receiptId);
  expect(said(await plan(t, given))).not.toEqual([]);
  const confirmAll = async () => {
    let count = 0;
    for (const receiptId of receipts) count += await t.run(t.rootToken, confirmSecrets, {}, { receiptId });
    return count;
  };
  expect(await confirmAll()).toBe(4);
  expect(said(await plan(t, given))).toEqual([]);
  expect(await confirmAll()).toBe(0);
});

it("of what is no receipt, or by a key of a pod, keeps none", async () => {
  const given = wanted(fleetOf("lost", ["a"]));
  const [receipt] = linesOf(await apply(t, given), "receipt");
  const before = said(await plan(t, given));
  expect(before).toContain("replace key lost-a tenant");
  for (const receiptId of [randomUUID(), "nonsense"])
    expect(await t.run(t.rootToken, confirmSecrets, {}, { receiptId })).toBe(0);
  const { token } = await t.seed.key({ pod: await podOf(t, "lost-a") });
  const { code } = await t.refusal(token, confirmSecrets, {}, { receiptId: receipt?.receiptId ?? "" });
  expect(code).toBe("scope.forbidden");
  expect(said(await plan(t, given))).toEqual(before);
});

it("knows keys that nobody confirmed from a version that had no rows for receipts", async () => {
  const given = wanted(fleetOf("older", ["a"]));
  const first = await apply(t, given);
  expect(await confirm(t, first)).toBe(2);
  const receiptId = randomUUID();
  const podId = await podOf(t, "older-a");
  await t.behind((tx) =>
    tx
      .within(systemScope)
      .updateTable("api_keys")
      .set({ receipt_id: receiptId, made_under: null })
      .where("pod_id", "=", podId)
      .where("inbox_id", "is", null)
      .execute(),
  );
  expect(said(await plan(t, given))).toEqual(["replace key older-a tenant"]);
  expect(await t.run(t.rootToken, confirmSecrets, {}, { receiptId })).toBe(1);
  expect(said(await plan(t, given))).toEqual([]);
});
