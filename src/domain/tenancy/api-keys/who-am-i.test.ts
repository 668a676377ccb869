import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { whoAmI } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a key knows what it is a key to, and nothing wider or narrower", async () => {
  const podId = await t.seed.pod();
  const { address: inboxAddress } = await t.seed.inbox(podId);
  const { organizationId } = t;
  const ofInbox = await t.seed.key({ inbox: inboxAddress }, "message_read");
  const ofPod = await t.seed.key({ pod: podId });
  const ofAll = await t.seed.key({});
  const identityOf = (token: string) => t.run(token, whoAmI, {}, undefined);
  expect(await identityOf(ofInbox.token)).toEqual({
    level: "inbox",
    organizationId,
    podId,
    inboxAddress,
    keyId: ofInbox.id,
  });
  expect(await identityOf(ofPod.token)).toEqual({
    level: "pod",
    organizationId,
    podId,
    inboxAddress: null,
    keyId: ofPod.id,
  });
  expect(await identityOf(ofAll.token)).toEqual({
    level: "organization",
    organizationId,
    podId: null,
    inboxAddress: null,
    keyId: ofAll.id,
  });
});
