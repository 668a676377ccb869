import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { batchGetMessages } from "./index.ts";
import { MAX_BATCH_GET } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a batch is in the order asked, leaves out what is not there and bodies, and says how many were asked", async () => {
  const [{ address: inbox }, { address: other }] = [await t.seed.inbox(), await t.seed.inbox()];
  const arrive = mailInto(t);
  for (const id of ["<b1@x>", "<b2@x>"]) await arrive(inbox, { id });
  await arrive(other, { id: "<theirs@x>" });
  const messageIds = ["<b2@x>", "<theirs@x>", "<b1@x>"];
  const found = await t.run(t.rootToken, batchGetMessages, { inbox }, { messageIds });
  expect(found.asked).toBe(3);
  expect(found.items.map(({ messageId }) => messageId)).toEqual(["<b2@x>", "<b1@x>"]);
  for (const message of found.items) {
    expect(message).not.toHaveProperty("text");
    expect(message).not.toHaveProperty("html");
  }
});

it("a batch names messages with or without angle brackets, each once", async () => {
  const { address: inbox } = await t.seed.inbox();
  const arrive = mailInto(t);
  for (const id of ["<bare1@x>", "<bare2@x>"]) await arrive(inbox, { id });
  const found = await t.run(
    t.rootToken,
    batchGetMessages,
    { inbox },
    { messageIds: ["bare2@x", "<bare1@x>"] },
  );
  expect(found.items.map(({ messageId }) => messageId)).toEqual(["<bare2@x>", "<bare1@x>"]);
  const twice = { messageIds: ["bare1@x", "<bare1@x>"] };
  expect(await t.refusal(t.rootToken, batchGetMessages, { inbox }, twice)).toMatchObject({
    code: "input.invalid",
    details: { path: ["messageIds"] },
  });
});

it("a batch of none, of the same twice, or of more than fit is refused", async () => {
  const { address: inbox } = await t.seed.inbox();
  const tooMany = Array.from({ length: MAX_BATCH_GET + 1 }, (_, n) => `<${n}@x>`);
  for (const messageIds of [[], ["<b1@x>", "<b1@x>"], tooMany])
    expect(await t.refusal(t.rootToken, batchGetMessages, { inbox }, { messageIds })).toMatchObject({
      code: "input.invalid",
      details: { path: ["messageIds"] },
    });
});
