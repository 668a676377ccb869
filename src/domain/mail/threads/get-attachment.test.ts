import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allThreads } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { openDownload, readLink } from "../blobs/index.ts";
import { updateMessage } from "../messages/index.ts";
import { getThreadAttachment, listThreads, type Thread } from "./index.ts";

let t: TestDoor;
let pod: string;
let inbox: string;
let thread: Thread;
let other: Thread;
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  inbox = (await t.seed.inbox(pod)).address;
  const arrive = mailInto(t);
  const file = (name: string) => ({ name, type: "text/plain", content: name });
  await arrive(inbox, { id: "<one@x>", second: 1, file: file("one.txt") });
  await arrive(inbox, { id: "<two@x>", second: 2, inReplyTo: "<one@x>", file: file("two.txt") });
  await arrive(inbox, { id: "<other@x>", second: 3, file: file("other.txt") });
  const { items } = await t.run(t.rootToken, listThreads, { inbox }, allThreads);
  const [newest, older] = items;
  if (newest === undefined || older === undefined) throw new Error("there are two threads");
  [other, thread] = [newest, older];
});
afterAll(() => t.close());

it("links to the bytes of an attachment of any message of the thread, asked for at any level", async () => {
  expect(thread.attachments.map(({ filename }) => filename).toSorted()).toEqual(["one.txt", "two.txt"]);
  for (const at of [{}, { pod }, { inbox }])
    for (const { id, filename } of thread.attachments) {
      const asked = { threadId: thread.id, attachmentId: id };
      const found = await t.run(t.rootToken, getThreadAttachment, at, asked);
      const link = readLink({ sealer: t.sealer, clock: systemClock }, found.download.token);
      expect((await (await openDownload(t, link)).read()).toString()).toBe(filename);
    }
});

it("finds none of another thread, of no thread, or by what is no id", async () => {
  const { token } = await t.seed.key({ inbox });
  const theirs = { threadId: other.id, attachmentId: other.attachments[0]?.id ?? "" };
  const own = { threadId: thread.id, attachmentId: thread.attachments[0]?.id ?? "" };
  expect((await t.run(token, getThreadAttachment, {}, theirs)).attachment.filename).toBe("other.txt");
  for (const asked of [
    { ...own, attachmentId: theirs.attachmentId },
    { ...own, attachmentId: crypto.randomUUID() },
    { ...own, attachmentId: "nonsense" },
    { ...own, threadId: theirs.threadId },
  ])
    expect((await t.refusal(token, getThreadAttachment, {}, asked)).code).toBe("object.not_found");
});

it("finds none of a message that the key may not see, and the others of the thread", async () => {
  const change = { messageId: "<two@x>", addLabels: ["spam"], removeLabels: [] };
  await t.run(t.rootToken, updateMessage, { inbox }, change);
  const { token } = await t.seed.key({ inbox }, "message_read");
  const get = (name: string) => {
    const attachment = thread.attachments.find(({ filename }) => filename === name);
    return { threadId: thread.id, attachmentId: attachment?.id ?? "" };
  };
  expect((await t.run(token, getThreadAttachment, {}, get("one.txt"))).attachment.filename).toBe("one.txt");
  expect((await t.refusal(token, getThreadAttachment, {}, get("two.txt"))).code).toBe("object.not_found");
  expect((await t.run(t.rootToken, getThreadAttachment, {}, get("two.txt"))).attachment.filename).toBe(
    "two.txt",
  );
});
