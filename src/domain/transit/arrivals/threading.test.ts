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

describe("an answer of Outlook that names no message of the inbox", () => {
  const guid = "8f3a51c0d9e24b769a10be57c2f4d863";
  const index = (answers: number, conversation = guid): string =>
    Buffer.from(`01dd5e8a1b2c${conversation}${"0000000010".repeat(answers)}`, "hex").toString("base64");
  const outlook = (id: string, answers: number, ...fields: readonly string[]): Buffer =>
    mail("From: b@x.test", `Message-ID: <${id}@x>`, `Thread-Index: ${index(answers)}`, ...fields);

  it.each<[string, Uint8Array[]]>([
    ["without any id", [outlook("1", 0), outlook("2", 1)]],
    ["with an id that is unknown", [outlook("1", 0), outlook("2", 2, "In-Reply-To: <lost@elsewhere>")]],
    ["before the mail that began it, and behind another answer", [outlook("2", 1), outlook("3", 2)]],
  ])("joins the conversation that its Thread-Index names, %s", async (_what, mails) => {
    expect(await threadsOf(...mails)).toBe(1);
  });

  it("joins it when both come in one group", async () => {
    const { address } = await t.seed.inbox();
    const into = bytesInto(t);
    await Promise.all([outlook("0", 0), outlook("1", 0), outlook("2", 1)].map((raw) => into(address, raw)));
    const threads = (await t.run(t.rootToken, listThreads, { inbox: address }, allThreads)).items;
    expect(threads.map(({ messageCount }) => messageCount).toSorted()).toEqual([1, 2]);
  });

  it("joins the message that it names rather, when the inbox holds that", async () => {
    const { address } = await t.seed.inbox();
    const other = mail("From: c@x.test", "Message-ID: <other@x>");
    for (const raw of [outlook("1", 0), other, outlook("2", 1, "References: <other@x>")])
      await bytesInto(t)(address, raw);
    const threads = (await t.run(t.rootToken, listThreads, { inbox: address }, allThreads)).items;
    expect(
      threads.map(({ lastMessageId, messageCount }) => [lastMessageId, messageCount]).toSorted(),
    ).toEqual([
      ["<1@x>", 1],
      ["<2@x>", 2],
    ]);
  });

  it.each<[string, Uint8Array[]]>([
    ["a mail that begins a conversation, though its GUID is used", [outlook("1", 0), outlook("2", 0)]],
    [
      "a mail of another conversation",
      [outlook("1", 0), mail("Message-ID: <2@x>", `Thread-Index: ${index(1, guid.replace("8f", "8e"))}`)],
    ],
    [
      "a GUID that anybody can guess",
      ["1", "2"].map((id) => mail(`Message-ID: <${id}@x>`, `Thread-Index: ${index(1, "00".repeat(16))}`)),
    ],
    [
      "a field that is cut",
      [outlook("1", 0), mail("Message-ID: <2@x>", `Thread-Index: ${index(1).slice(0, 30)}`)],
    ],
    [
      "the same subject",
      [mail("Message-ID: <1@x>", "Subject: S"), outlook("2", 1, "Subject: Re: S", "Thread-Topic: S")],
    ],
  ])("and %s joins none", async (_what, mails) => {
    expect(await threadsOf(...mails)).toBe(2);
  });

  it("does not join one of another inbox", async () => {
    const [first, second] = [await t.seed.inbox(), await t.seed.inbox()];
    await bytesInto(t)(first.address, outlook("1", 0));
    await bytesInto(t)(second.address, outlook("2", 1));
    for (const { address } of [first, second])
      expect((await t.run(t.rootToken, listThreads, { inbox: address }, allThreads)).items).toHaveLength(1);
  });
});
