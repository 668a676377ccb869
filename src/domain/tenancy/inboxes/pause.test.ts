import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { deleteMessage, getMessage } from "../../mail/messages/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { getOrganization, pauseOrganization, resumeOrganization } from "../organizations/index.ts";
import { getPod, pausePod, resumePod } from "../pods/index.ts";
import { createInbox, getInbox, pauseInbox, resumeInbox, updateInbox } from "./index.ts";

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

test("a paused inbox sends nothing, whoever asks; its mail and keys stay; resumed, it sends again", async () => {
  const { address: inbox } = await t.seed.inbox();
  const { token } = await t.seed.key({ inbox });
  const sent = await send(token, inbox);
  const before = await t.run(t.rootToken, getInbox, { inbox }, undefined);
  const paused = await t.run(t.rootToken, pauseInbox, { inbox }, undefined);
  expect(before.pausedAt).toBeNull();
  expect(paused.pausedAt).toEqual(expect.any(Date));
  expect(await t.run(t.rootToken, getInbox, { inbox }, undefined)).toEqual(paused);
  for (const by of [t.rootToken, token])
    expect(await refusalOf(inbox, by)).toBe("sending.paused: The inbox is paused");
  const { messageId } = sent;
  expect(await t.run(token, getMessage, { inbox }, { messageId })).toMatchObject({ messageId });
  await t.run(token, deleteMessage, { inbox }, { messageId });
  const resumed = await t.run(t.rootToken, resumeInbox, { inbox }, undefined);
  expect(resumed.pausedAt).toBeNull();
  await send(token, inbox);
});

test("pausing again keeps the time of the first, and resuming what is not paused changes nothing", async () => {
  const { address: inbox } = await t.seed.inbox();
  const { pausedAt } = await t.run(t.rootToken, pauseInbox, { inbox }, undefined);
  expect((await t.run(t.rootToken, pauseInbox, { inbox }, undefined)).pausedAt).toEqual(pausedAt);
  await t.run(t.rootToken, resumeInbox, { inbox }, undefined);
  expect((await t.run(t.rootToken, resumeInbox, { inbox }, undefined)).pausedAt).toBeNull();
});

test("a key may not resume what a wider one paused, whichever way it asks", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const tokens = {
    inbox: (await t.seed.key({ inbox })).token,
    pod: (await t.seed.key({ pod })).token,
    organization: t.rootToken,
  };
  const levels = ["inbox", "pod", "organization"] as const;
  for (const [width, by] of levels.entries()) {
    await t.run(tokens.inbox, pauseInbox, { inbox }, undefined);
    await t.run(tokens[by], pauseInbox, { inbox }, undefined);
    // A narrower key that pauses it again takes nothing back.
    await t.run(tokens.inbox, pauseInbox, { inbox }, undefined);
    for (const narrower of levels.slice(0, width)) {
      expect(await t.refusal(tokens[narrower], resumeInbox, { inbox }, undefined)).toMatchObject({
        code: "scope.forbidden",
      });
      expect(await t.refusal(tokens[narrower], updateInbox, { inbox }, { paused: false })).toMatchObject({
        code: "scope.forbidden",
      });
      expect(await refusalOf(inbox)).toContain("sending.paused");
    }
    await t.run(tokens[by], resumeInbox, { inbox }, undefined);
    await send(tokens.inbox, inbox);
  }
});

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

test("an inbox can be made paused, and then the key that made it may resume it", async () => {
  const pod = await t.seed.pod();
  const { token } = await t.seed.key({ pod });
  const { address: inbox } = await t.run(token, createInbox, {}, { paused: true });
  expect(await refusalOf(inbox)).toContain("sending.paused");
  await t.run(token, resumeInbox, { inbox }, undefined);
  await send(token, inbox);
});
