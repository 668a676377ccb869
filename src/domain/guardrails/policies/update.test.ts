import { afterAll, beforeAll, expect, it } from "vitest";
import { attachPolicy } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createPolicy, getPolicy, updatePolicy } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("changes what is given, of limits and spam detection key by key", async () => {
  const input = { name: "A", limits: { sentPerDay: 5 }, spamDetection: { useListDnsbl: true } };
  const { id } = await t.run(t.rootToken, createPolicy, {}, input);
  const change = { id, limits: { sentPerHour: 2 }, spamDetection: { spamSensitivity: 2 } };
  expect(await t.run(t.rootToken, updatePolicy, {}, change)).toMatchObject({
    name: "A",
    limits: { sentPerDay: 5, sentPerHour: 2 },
    spamDetection: { useListDnsbl: true, useHeaderAnomalyDetection: false, spamSensitivity: 2 },
  });
  expect((await t.run(t.rootToken, updatePolicy, {}, { id, name: "B" })).name).toBe("B");
});

it("a limit that is null is inherited again", async () => {
  const limits = { sentPerDay: 0, attachmentCount: 3 };
  const { id } = await t.run(t.rootToken, createPolicy, {}, { name: "A", limits });
  const changed = await t.run(t.rootToken, updatePolicy, {}, { id, limits: { attachmentCount: null } });
  expect(changed.limits).toMatchObject({ sentPerDay: 0, attachmentCount: 1000 });
  expect(changed.set).toMatchObject({ sentPerDay: 0, attachmentCount: null });
  expect(await t.run(t.rootToken, getPolicy, {}, { id })).toEqual(changed);
});

it("what is refused leaves the policy as it was", async () => {
  const made = await t.run(t.rootToken, createPolicy, {}, { name: "A", limits: { sentPerDay: 5 } });
  const change = { id: made.id, name: "B", limits: { sentPerDay: 6, sentPerHour: -2 } };
  expect(await t.refusal(t.rootToken, updatePolicy, {}, change)).toMatchObject({
    code: "input.invalid",
    details: { path: ["limits", "sentPerHour"] },
  });
  const { pod, token } = await t.seed.tenant();
  await attachPolicy(t, pod, made.id);
  // It sees the policy.
  expect((await t.refusal(token, updatePolicy, {}, { id: made.id, name: "Mine" })).code).toBe(
    "permission.missing",
  );
  expect(await t.run(t.rootToken, getPolicy, {}, { id: made.id })).toEqual(made);
});

it("an id of nothing, or that is none, is not found", async () => {
  for (const id of [crypto.randomUUID(), "policy"])
    expect((await t.refusal(t.rootToken, updatePolicy, {}, { id, name: "A" })).code).toBe("object.not_found");
});
