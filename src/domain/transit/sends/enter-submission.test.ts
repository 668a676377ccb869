import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createAlias } from "../../tenancy/aliases/index.ts";
import { pauseInbox } from "../../tenancy/inboxes/index.ts";
import { suspendPod } from "../../tenancy/pods/index.ts";
import { enterSubmission } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("mail may be from the inbox and its aliases, and from nothing else, not with a plus-tag either", async () => {
  const { address: inbox } = await t.seed.inbox();
  await t.run(t.rootToken, createAlias, { inbox }, { address: "sales@rookery.localhost" });
  const other = (await t.seed.inbox()).address;
  for (const reversePath of [inbox, inbox.toUpperCase(), "sales@rookery.localhost", null])
    expect(
      (await t.run(t.rootToken, enterSubmission, { inbox }, { reversePath })).recipientsPerMessage,
    ).toBeGreaterThan(0);
  for (const reversePath of [other, inbox.replace("@", "+x@"), "", "someone@outside.test"])
    expect((await t.refusal(t.rootToken, enterSubmission, { inbox }, { reversePath })).code).toBe(
      "scope.forbidden",
    );
});

it("a paused inbox may be signed in to, and begins no mail; one of a suspended pod may not be", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const ask = (reversePath: string | null) =>
    t.refusal(t.rootToken, enterSubmission, { inbox }, { reversePath });
  await t.run(t.rootToken, pauseInbox, { inbox }, undefined);
  await t.run(t.rootToken, enterSubmission, { inbox }, { reversePath: null });
  expect((await ask(inbox)).code).toBe("sending.paused");
  await t.run(t.rootToken, suspendPod, { pod }, { deleteAfter: null });
  for (const reversePath of [null, inbox]) expect((await ask(reversePath)).code).toBe("pod.suspended");
});
