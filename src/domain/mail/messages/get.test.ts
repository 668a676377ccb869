import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a message is found by its row id as well as by its Message-ID, in its own inbox only", async () => {
  const [{ address: inbox }, { address: other }] = [await t.seed.inbox(), await t.seed.inbox()];
  await mailInto(t)(inbox, { id: "<named@x>", second: 1 });
  const message = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "named@x" });
  expect(message.messageId).toBe("<named@x>");
  expect(await t.run(t.rootToken, getMessage, { inbox }, { id: message.id })).toEqual(message);
  for (const [at, ref] of [
    [other, { id: message.id }],
    [other, { messageId: "<named@x>" }],
    [inbox, { id: "no uuid" }],
    [inbox, { id: crypto.randomUUID() }],
  ] as const)
    expect((await t.refusal(t.rootToken, getMessage, { inbox: at }, ref)).code).toBe("object.not_found");
});
