import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesInto } from "../../../../test/support/arriving-mail.ts";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { getThread } from "../../mail/threads/index.ts";
import { sendMessage } from "../sends/index.ts";

let t: TestDoor;
let inbox: string;
let arrive: (raw: Uint8Array) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  inbox = (await t.seed.inbox()).address;
  const into = bytesInto(t);
  arrive = (raw) => into(inbox, raw);
});
afterAll(() => t.close());

const get = (messageId: string) => t.run(t.rootToken, getMessage, { inbox }, { messageId });

async function ask(): Promise<{ messageId: string; threadId: string; at: Date }> {
  const question = { to: ["human@outside.test"], text: "Question?", idempotencyKey: null };
  const sent = await t.run(t.rootToken, sendMessage, { inbox }, question);
  return { ...sent, at: (await get(sent.messageId)).timestamp };
}

const answer = (at: Date, id: string, parent: string): Buffer =>
  Buffer.from(
    `From: human@outside.test\r\nMessage-ID: ${id}\r\nIn-Reply-To: ${parent}\r\nDate: ${at.toUTCString()}\r\n\r\nAnswer.\r\n`,
  );

describe("an answer that comes within the second of what it answers", () => {
  it("comes after it, and is the thread's latest", async () => {
    const { messageId, threadId, at } = await ask();
    await arrive(answer(at, "<answer@x>", messageId));
    await arrive(answer(at, "<next@x>", "<answer@x>"));
    const { thread, messages } = await t.run(t.rootToken, getThread, {}, { threadId, page: firstPage });
    expect(messages.map((message) => message.messageId)).toEqual([messageId, "<answer@x>", "<next@x>"]);
    expect(thread).toMatchObject({ lastMessageId: "<next@x>", preview: "Answer." });
  });

  it("one that says it was written earlier than that keeps its date", async () => {
    const { messageId, at } = await ask();
    const earlier = new Date(Math.floor(at.getTime() / 1000) * 1000 - 1000);
    await arrive(answer(earlier, "<early@x>", messageId));
    expect((await get("<early@x>")).timestamp).toEqual(earlier);
  });
});
