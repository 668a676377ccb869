import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { pauseInbox } from "../inboxes/index.ts";
import { getOrganization, pauseOrganization, resumeOrganization } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const mail = { to: ["human@outside.test"], text: "Hi", idempotencyKey: null };
const send = (by: string, inbox: string) => t.run(by, sendMessage, { inbox }, mail);

/** Why the inbox may not send. */
async function refusalOf(inbox: string): Promise<string> {
  const { code, message } = await t.refusal(t.rootToken, sendMessage, { inbox }, mail);
  return `${code}: ${message}`;
}

test("a paused organization stops every pod; pods and inboxes that are paused themselves stay so afterwards", async () => {
  const pod = await t.seed.pod();
  const [free, paused] = [await t.seed.inbox(pod), await t.seed.inbox(pod)];
  await t.run(t.rootToken, pauseInbox, { inbox: paused.address }, undefined);
  const { pausedAt } = await t.run(t.rootToken, pauseOrganization, {}, undefined);
  expect((await t.run(t.rootToken, pauseOrganization, {}, undefined)).pausedAt).toEqual(pausedAt);
  expect(await refusalOf(free.address)).toBe("sending.paused: The organization of the inbox is paused");
  const { token } = await t.seed.key({ pod });
  expect((await t.refusal(token, resumeOrganization, {}, undefined)).code).toBe("permission.missing");
  const narrow = await t.seed.key({}, "inbox_update");
  expect((await t.refusal(narrow.token, resumeOrganization, {}, undefined)).code).toBe("permission.missing");
  await t.run(t.rootToken, resumeOrganization, {}, undefined);
  expect((await t.run(t.rootToken, getOrganization, {}, undefined)).pausedAt).toBeNull();
  await send(t.rootToken, free.address);
  expect(await refusalOf(paused.address)).toContain("The inbox is paused");
});
