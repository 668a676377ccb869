import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { featureOperation, getLabs, joinLabs } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a feature that is not here is refused as such, behind its permission and its inbox", async () => {
  const read = featureOperation("calendar", "calendar.read_for_test", "calendar_read");
  const { pod, token } = await t.seed.tenant();
  const { address: inbox } = await t.seed.inbox(pod);
  expect(await t.refusal(token, read, { inbox }, undefined)).toMatchObject({
    code: "feature.disabled",
    message: expect.stringContaining("Calendar access"),
  });
  const { token: without } = await t.seed.key({ pod }, "inbox_read");
  expect((await t.refusal(without, read, { inbox }, undefined)).code).toBe("permission.missing");
  const { address: foreign } = await t.seed.inbox();
  expect((await t.refusal(token, read, { inbox: foreign }, undefined)).code).toBe("inbox.not_found");
});

it("previews are told of to everybody of the organization, and asked for by an unrestricted key alone", async () => {
  const { token } = await t.seed.key({}, "organization_read");
  const none = { isEnabled: false, enabledAt: null, isAvailable: false };
  expect(await t.run(token, getLabs, {}, undefined)).toEqual(none);
  expect((await t.refusal(token, joinLabs, {}, undefined)).code).toBe("permission.unrestricted_required");
  expect((await t.refusal(t.rootToken, joinLabs, {}, undefined)).code).toBe("feature.disabled");
});
