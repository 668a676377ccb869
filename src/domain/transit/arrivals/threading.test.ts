import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesInto } from "../../../../test/support/arriving-mail.ts";
import { allThreads, firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { getThread, listThreads } from "../../mail/threads/index.ts";
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

const specimen = (name: string): Buffer =>
  readFileSync(new URL(`../../../protocols/mime/fixtures/cases/${name}.eml`, import.meta.url));

const mail = (...lines: readonly string[]): Buffer => Buffer.from([...lines, "", "Hello."].join("\r\n"));

/** Into how many threads these mails fall in an inbox of their own. */
async function threadsOf(...mails: readonly Uint8Array[]): Promise<number> {
  const { address } = await t.seed.inbox();
  for (const raw of mails) await bytesInto(t)(address, raw);
  return (await t.run(t.rootToken, listThreads, { inbox: address }, allThreads)).items.length;
}

describe("an answer joins what it answers", () => {
  it.each(["thread-encoded-in-reply-to", "thread-two-ids"])("%s", async (name) => {
    expect(await threadsOf(specimen(`${name}-a`), specimen(`${name}-b`))).toBe(1);
  });

  const question = mail("From: a@x.test", "Message-ID: <1@x>", "Subject: Question");

  it.each([
    ["the last of three ids", "In-Reply-To: <0@x> <9@x> <1@x>"],
    ["ids with commas and words", "In-Reply-To: your mail <0@x>, and <1@x> of Monday"],
    ["encoded references", "References: =?us-ascii?Q?=3C0=40x=3E_=3C1=40x=3E?="],
    ["an encoded id beside a plain one", "In-Reply-To: <0@x>\r\n =?utf-8?B?PDFAeD4=?="],
  ])("by %s", async (_what, field) => {
    const answer = mail("From: b@x.test", "Message-ID: <2@x>", "Subject: Answer", field);
    expect(await threadsOf(question, answer)).toBe(1);
  });

  it("and not what only has the same subject", async () => {
    const other = mail("From: a@x.test", "Message-ID: <2@x>", "Subject: Re: Question");
    expect(await threadsOf(question, other)).toBe(2);
  });
});
