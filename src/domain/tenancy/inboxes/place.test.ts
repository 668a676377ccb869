import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createInbox } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const group = (pod: string, domain: string | null, automatically: boolean) =>
  t.behind((tx) =>
    tx
      .within(systemScope)
      .updateTable("pods")
      .set({ group_domain: domain, auto_group: automatically })
      .where("id", "=", pod)
      .execute(),
  );

test("an inbox lies in the pod that is named, else in the one that groups its domain, else in the Default Pod", async () => {
  const [named, grouping] = [await t.seed.pod(), await t.seed.pod()];
  const podOf = async (input: { podId?: string; grouped?: boolean }, by = t.rootToken) =>
    (await t.run(by, createInbox, {}, input)).podId;
  expect(await podOf({ grouped: true })).toBe(t.organizationId);
  await group(grouping, "rookery.localhost", false);
  expect(await podOf({ grouped: true })).toBe(t.organizationId);
  await group(grouping, "rookery.localhost", true);
  expect(await podOf({ grouped: true })).toBe(grouping);
  expect(await podOf({})).toBe(t.organizationId);
  expect(await podOf({ grouped: true, podId: named })).toBe(named);
  const { token } = await t.seed.key({ pod: named });
  expect(await podOf({ grouped: true }, token)).toBe(named);
  await group(grouping, null, false);
});

test("a pod that the key does not reach, or that is not there, is not found", async () => {
  const [own, foreign] = [await t.seed.pod(), await t.seed.pod()];
  const { token } = await t.seed.key({ pod: own });
  const absent = "0190a000-0000-7000-8000-00000000dead";
  for (const [by, podId] of [
    [token, foreign],
    [token, absent],
    [t.rootToken, absent],
    [t.rootToken, "acme"],
  ] as const)
    expect((await t.refusal(by, createInbox, {}, { podId })).code).toBe("pod.not_found");
});

test("an address that is none is refused by the name of the field", async () => {
  for (const address of [
    "",
    "@",
    "scout",
    "@rookery.localhost",
    "a b@rookery.localhost",
    "a@b@c d",
    "x@-y",
    `${"x".repeat(65)}@rookery.localhost`,
  ])
    expect(await t.refusal(t.rootToken, createInbox, {}, { address })).toMatchObject({
      code: "input.invalid",
      details: { path: ["address"] },
    });
  const made = await t.run(
    t.rootToken,
    createInbox,
    {},
    { address: "Scout@Rookery.LOCALHOST", state: "abc" },
  );
  expect(made).toMatchObject({ address: "scout@rookery.localhost", state: "abc" });
  const same = await t.refusal(t.rootToken, createInbox, {}, { address: "SCOUT@rookery.localhost" });
  expect(same.code).toBe("inbox.taken");
  const unknown = await t.refusal(t.rootToken, createInbox, {}, { address: "a@unregistered.example" });
  expect(unknown.code).toBe("domain.not_verified");
});
