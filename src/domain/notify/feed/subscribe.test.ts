import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { subscribe, unsubscribe } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const nothing = { podIds: [], inboxIds: [] };

it("what names nothing listens to everything in the key's scope, to the ordinary types", async () => {
  const { token } = await t.seed.tenant();
  const { types, ...named } = await t.run(token, subscribe, {}, nothing);
  expect(named).toEqual({ ...nothing, all: true });
  expect(types).toContain("message.received");
  expect(types).not.toContain("message.received.spam");
  expect(await t.run(token, unsubscribe, {}, nothing)).toEqual(named);
});

it("names pods and inboxes of the key's scope alone: a foreign one is as absent as one that is not there", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.tenant()];
  const inbox = await t.seed.inbox(own.pod);
  const { address: foreign } = await t.seed.inbox(other.pod);
  const named = { podIds: [own.pod], inboxIds: [inbox.address] };
  expect(
    await t.run(own.token, subscribe, {}, { ...named, eventTypes: ["message.sent", "message.sent"] }),
  ).toEqual({ types: ["message.sent"], podIds: [own.pod], inboxIds: [inbox.id], all: false });
  for (const operation of [subscribe, unsubscribe])
    for (const [wrong, code] of [
      [{ ...nothing, podIds: [other.pod] }, "pod.not_found"],
      [{ ...nothing, podIds: [crypto.randomUUID()] }, "pod.not_found"],
      [{ ...nothing, inboxIds: [foreign] }, "inbox.not_found"],
      [{ ...nothing, inboxIds: ["absent@rookery.localhost"] }, "inbox.not_found"],
    ] as const)
      expect((await t.refusal(own.token, operation, {}, wrong)).code).toBe(code);
});

it("listening without naming types needs what the ordinary ones need; ceasing to listen needs nothing", async () => {
  const { pod } = await t.seed.tenant();
  const { token } = await t.seed.key({ pod }, "domain_read");
  expect((await t.refusal(token, subscribe, {}, nothing)).code).toBe("permission.missing");
  expect((await t.run(token, subscribe, {}, { ...nothing, eventTypes: ["domain.verified"] })).types).toEqual([
    "domain.verified",
  ]);
  await t.run(token, unsubscribe, {}, nothing);
});
