import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { deleteMessage, getMessage } from "../../mail/messages/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
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

test("an inbox can be made paused, and then the key that made it may resume it", async () => {
  const pod = await t.seed.pod();
  const { token } = await t.seed.key({ pod });
  const { address: inbox } = await t.run(token, createInbox, {}, { paused: true });
  expect(await refusalOf(inbox)).toContain("sending.paused");
  await t.run(token, resumeInbox, { inbox }, undefined);
  await send(token, inbox);
});
