/** Mail of programs is known as such when it is stored. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage, listMessages, updateMessage } from "../../mail/messages/index.ts";

let t: TestDoor;
let arrive: ReturnType<typeof bytesInto>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = bytesInto(t);
});
afterAll(() => t.close());

/** The message that a mail with these fields becomes. */
async function stored(fields: string, envelopeFrom?: string) {
  const { address: inbox } = await t.seed.inbox();
  const raw = `From: a@x.test\r\nMessage-ID: <1@x>\r\n${fields}\r\nHi\r\n`;
  await arrive(inbox, Buffer.from(raw), new Date(), envelopeFrom);
  const message = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<1@x>" });
  return { inbox, message };
}

it("an automatic answer is labelled, and shown in lists as any mail", async () => {
  const { inbox, message } = await stored("Auto-Submitted: auto-replied\r\n");
  expect(message).toMatchObject({ automatic: "auto_reply", labels: ["received", "unread", "automatic"] });
  const { items } = await t.run(t.rootToken, listMessages, { inbox }, allMessages);
  expect(items).toHaveLength(1);
});

it("so is mail with a null reverse-path", async () => {
  const { message } = await stored("", "");
  expect(message).toMatchObject({ automatic: "bounce", labels: ["received", "unread", "automatic"] });
});

it("mail of a person is neither", async () => {
  const { message } = await stored("Auto-Submitted: no\r\n");
  expect(message).toMatchObject({ automatic: null, labels: ["received", "unread"] });
});

it("a client may take the label away; what is known of the mail stays", async () => {
  const { inbox } = await stored("Precedence: bulk\r\n");
  const change = { messageId: "<1@x>", addLabels: [], removeLabels: ["automatic"] };
  await t.run(t.rootToken, updateMessage, { inbox }, change);
  const message = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<1@x>" });
  expect(message).toMatchObject({ automatic: "bulk", labels: ["received", "unread"] });
});
