import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { commentOnVerdict, releaseHeldMessage } from "./index.ts";
import { MAX_VERDICT_NOTE_LENGTH } from "./limits.ts";

let t: TestDoor;
/** Of a key that was granted what no key has without a list. */
let token: string;
beforeAll(async () => {
  t = await openTestDoor();
  token = (await t.seed.key({}, "message_read", "agent_armor_release")).token;
});
afterAll(() => t.close());

it("a message has no verdict here, which says so; one of another inbox is not found, as if it had none", async () => {
  const { address: inbox } = await t.seed.inbox();
  const { address: other } = await t.seed.inbox();
  const messageId = "<one@outside.test>";
  await mailInto(t)(inbox, { id: messageId });
  for (const [at, id, code] of [
    [inbox, messageId, "object.conflict"],
    [other, messageId, "object.not_found"],
    [inbox, "<absent@outside.test>", "object.not_found"],
  ] as const) {
    const input = { messageId: id, reason: "ours" };
    expect((await t.refusal(token, commentOnVerdict, { inbox: at }, input)).code).toBe(code);
    expect((await t.refusal(token, releaseHeldMessage, { inbox: at }, input)).code).toBe(code);
  }
});

it("what is written to a verdict is held to its bounds, whatever message it names", async () => {
  const { address: inbox } = await t.seed.inbox();
  const messageId = "<absent@outside.test>";
  const long = "x".repeat(MAX_VERDICT_NOTE_LENGTH + 1);
  for (const reason of ["", " ", long])
    expect(await t.refusal(token, releaseHeldMessage, { inbox }, { messageId, reason })).toMatchObject({
      ...{ code: "input.invalid", details: { path: ["reason"] } },
    });
  expect(await t.refusal(token, commentOnVerdict, { inbox }, { messageId, notes: long })).toMatchObject({
    code: "input.invalid",
    details: { path: ["notes"] },
  });
});
