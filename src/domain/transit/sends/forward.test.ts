import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { forwardMessage } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a key that may send and not read cannot read a message by forwarding it", async () => {
  const { address: inbox } = await t.seed.inbox();
  await mailInto(t)(inbox, { id: "<private@x>", subject: "Plans", text: "Tell nobody." });
  const input = { messageId: "<private@x>", to: ["me@outside.test"], idempotencyKey: null };
  const { token: blind } = await t.seed.key({ inbox }, "message_send");
  expect(await t.refusal(blind, forwardMessage, { inbox }, input)).toMatchObject({
    code: "permission.missing",
    details: { fix: expect.stringContaining("message_read") },
  });
  const { token: sighted } = await t.seed.key({ inbox }, "message_send", "message_read");
  const { messageId } = await t.run(sighted, forwardMessage, { inbox }, input);
  const forwarded = await t.run(t.rootToken, getMessage, { inbox }, { messageId });
  expect(forwarded).toMatchObject({ subject: "Fwd: Plans", to: ["me@outside.test"] });
  expect(forwarded.text).toContain("Tell nobody.");
});
