/** What a thread says of its messages, as they join and leave. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { allThreads, firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { deleteMessage } from "../messages/index.ts";
import { getThread, listThreads, type ThreadPage, updateThread } from "../threads/index.ts";
import { MAX_THREAD_PEOPLE } from "./limits.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const threadOf = async (inbox: string): Promise<string> =>
  (await t.run(t.rootToken, listThreads, { inbox }, allThreads)).items[0]?.id ?? "";
const get = (inbox: string, threadId: string): Promise<ThreadPage> =>
  t.run(t.rootToken, getThread, { inbox }, { threadId, page: firstPage });
const remove = (inbox: string, messageId: string): Promise<void> =>
  t.run(t.rootToken, deleteMessage, { inbox }, { messageId });

it("follows deletions of the first and the last message, and goes with the only one", async () => {
  const inbox = await makeInbox();
  const file = { name: "a.txt", type: "text/plain", content: "x" };
  const mails = [
    { subject: "First", from: "Ann <ann@x.test>", text: "one" },
    { subject: "Re: First", from: "Bob <bob@x.test>", text: "two", inReplyTo: "<a1@x>" },
    { subject: "Re: First", from: "Cy <cy@x.test>", text: "three", inReplyTo: "<a2@x>", file },
  ];
  for (const [index, mail] of mails.entries())
    await arrive(inbox, { id: `<a${index + 1}@x>`, second: index + 1, ...mail });
  const id = await threadOf(inbox);
  const whole = await get(inbox, id);
  expect(whole.thread).toMatchObject({
    subject: "First",
    preview: "three",
    lastMessageId: "<a3@x>",
    messageCount: 3,
    attachments: [expect.objectContaining({ filename: "a.txt" })],
  });
  await remove(inbox, "<a3@x>");
  const { thread, messages } = await get(inbox, id);
  expect(thread).toMatchObject({
    preview: "two",
    lastMessageId: "<a2@x>",
    messageCount: 2,
    senders: ["Ann <ann@x.test>", "Bob <bob@x.test>"],
    timestamp: new Date("2026-01-01T00:00:02.000Z"),
    receivedTimestamp: new Date("2026-01-01T00:00:02.000Z"),
    attachments: [],
  });
  expect(thread.size).toBe(messages.reduce((sum, { size }) => sum + size, 0));
  await remove(inbox, "<a1@x>");
  expect((await get(inbox, id)).thread).toMatchObject({
    subject: "Re: First",
    senders: ["Bob <bob@x.test>"],
  });
  await remove(inbox, "<a2@x>");
  const asked = { threadId: id, page: firstPage };
  expect((await t.refusal(t.rootToken, getThread, { inbox }, asked)).code).toBe("object.not_found");
});

it("keeps labels in the order they came when it is counted anew", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<l0@x>", second: 0 });
  await arrive(inbox, { id: "<l1@x>", second: 1, inReplyTo: "<l0@x>" });
  const threadId = await threadOf(inbox);
  const labels = ["zebra", "apple", "mango", "yak", "bee"];
  await t.run(t.rootToken, updateThread, { inbox }, { threadId, addLabels: labels, removeLabels: [] });
  expect((await get(inbox, threadId)).thread.labels).toEqual(["received", "unread", ...labels]);
});

it("shows a bounded number of people, those who joined first, also when it is counted anew", async () => {
  const inbox = await makeInbox();
  const cc = (n: number) =>
    `Cc: ${Array.from({ length: 600 }, (_, i) => `p${n}-${i}@many.test`).join(",\r\n ")}\r\n`;
  for (let n = 0; n < 3; n++)
    await arrive(inbox, { id: `<m${n}@x>`, second: n, inReplyTo: "<m0@x>", headers: cc(n) });
  const id = await threadOf(inbox);
  const joined = (await get(inbox, id)).thread.recipients;
  expect(joined).toHaveLength(MAX_THREAD_PEOPLE);
  expect([joined[0], joined[1], joined.at(-1)]).toEqual([inbox, "p0-0@many.test", "p1-398@many.test"]);
  await remove(inbox, "<m2@x>");
  expect((await get(inbox, id)).thread.recipients).toEqual(joined);
});
