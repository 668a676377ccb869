import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { createInbox, pauseInbox, resumeInbox } from "../inboxes/index.ts";
import { getPod, pausePod, resumePod } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const mail = { to: ["human@outside.test"], text: "Hi", idempotencyKey: null };
const send = (by: string, inbox: string) => t.run(by, sendMessage, { inbox }, mail);

/** Why the inbox may not send. */
async function refusalOf(inbox: string, by = t.rootToken): Promise<string> {
  const { code, message } = await t.refusal(by, sendMessage, { inbox }, mail);
  return `${code}: ${message}`;
}

test("a paused pod stops all its inboxes and no other's, and only the organization's keys pause or resume one", async () => {
  const [pod, other] = [await t.seed.pod(), await t.seed.pod()];
  const [inside, outside] = [await t.seed.inbox(pod), await t.seed.inbox(other)];
  const { token } = await t.seed.key({ pod });
  expect((await t.run(t.rootToken, pausePod, { pod }, undefined)).pausedAt).toEqual(expect.any(Date));
  expect(await refusalOf(inside.address, token)).toBe("sending.paused: The pod of the inbox is paused");
  await send(t.rootToken, outside.address);
  const made = await t.run(token, createInbox, {}, {});
  expect(await refusalOf(made.address)).toContain("sending.paused");
  for (const operation of [pausePod, resumePod])
    expect(await t.refusal(token, operation, { pod }, undefined)).toMatchObject({
      code: "permission.missing",
    });
  // Its own pause, which it may end, is not the pod's.
  await t.run(token, pauseInbox, { inbox: inside.address }, undefined);
  await t.run(token, resumeInbox, { inbox: inside.address }, undefined);
  expect(await refusalOf(inside.address)).toContain("The pod");
  expect((await t.run(token, getPod, { pod }, undefined)).pausedAt).not.toBeNull();
  await t.run(t.rootToken, resumePod, { pod }, undefined);
  await send(token, inside.address);
});
