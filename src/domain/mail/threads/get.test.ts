import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages, allThreads, firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Cursor } from "../../door/cursor.ts";
import type { Failure } from "../../door/failures.ts";
import { listMessages, updateMessage } from "../messages/index.ts";
import { MAX_PAGE_BYTES } from "../messages/limits.ts";
import {
  deleteThread,
  getThread,
  getThreadAttachment,
  listThreads,
  type ThreadPage,
  updateThread,
} from "./index.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

/** More messages than any thread here has. */
const WHOLE = 1000;

const makeInbox = async (): Promise<string> => (await t.seed.inbox(await t.seed.pod())).address;
const threadOf = async (inbox: string): Promise<string> =>
  (await t.run(t.rootToken, listThreads, { inbox }, allThreads)).items[0]?.id ?? "";
const get = (inbox: string, threadId: string, size: number, after: Cursor | null = null) =>
  t.run(t.rootToken, getThread, { inbox }, { threadId, page: { ...firstPage, size, after } });
const idsOf = ({ messages }: ThreadPage): string[] => messages.map(({ messageId }) => messageId);

/** The thread's pages of this many messages at most, from the first. */
async function pagesOf(inbox: string, threadId: string, size: number): Promise<ThreadPage[]> {
  const pages = [await get(inbox, threadId, size)];
  for (let next = pages[0]?.next ?? null; next !== null; next = pages.at(-1)?.next ?? null)
    pages.push(await get(inbox, threadId, size, next));
  return pages;
}

describe("pages of a thread", () => {
  it("start with the newest, run forwards inside, and end without a cursor", async () => {
    const inbox = await makeInbox();
    for (let n = 0; n < 5; n++)
      await arrive(inbox, { id: `<c${n}@x>`, second: n, ...(n > 0 && { inReplyTo: "<c0@x>" }) });
    const thread = await threadOf(inbox);
    const pages = await pagesOf(inbox, thread, 2);
    expect(pages.map(idsOf)).toEqual([["<c3@x>", "<c4@x>"], ["<c1@x>", "<c2@x>"], ["<c0@x>"]]);
    expect(pages.map((page) => page.thread.messageCount)).toEqual([5, 5, 5]);
    const whole = await get(inbox, thread, WHOLE);
    expect(idsOf(whole)).toEqual(Array.from({ length: 5 }, (_, n) => `<c${n}@x>`));
    expect(whole.next).toBeNull();
  });

  it("end where their bodies grow too large, and the next one goes on", async () => {
    const inbox = await makeInbox();
    // Four fill a page, as each has its extract beside it; one of them alone is as long as a text can be.
    const text = `${"x".repeat(99)}\n`.repeat(0.12 * (MAX_PAGE_BYTES / 100));
    for (let n = 0; n < 6; n++)
      await arrive(inbox, { id: `<b${n}@x>`, second: n, inReplyTo: "<b0@x>", text });
    const pages = await pagesOf(inbox, await threadOf(inbox), WHOLE);
    expect(pages.map(idsOf)).toEqual([
      ["<b2@x>", "<b3@x>", "<b4@x>", "<b5@x>"],
      ["<b0@x>", "<b1@x>"],
    ]);
    for (const page of pages) {
      expect(JSON.stringify(page).length).toBeLessThan(2 * MAX_PAGE_BYTES);
      expect(page.thread.messageCount).toBe(6);
    }
    // A list shows no bodies, so theirs do not end its page.
    const page = { ...firstPage, size: 1000 };
    const listed = await t.run(t.rootToken, listMessages, { inbox }, { ...allMessages, page });
    expect(listed.items).toHaveLength(6);
  });
});

/** Every way to name a thread. */
const triesOf = (token: string, threadId: string): Promise<Failure[]> =>
  Promise.all([
    t.refusal(token, getThread, {}, { threadId, page: firstPage }),
    t.refusal(token, getThreadAttachment, {}, { threadId, attachmentId: crypto.randomUUID() }),
    t.refusal(token, updateThread, {}, { threadId, addLabels: ["x"], removeLabels: [] }),
    t.refusal(token, deleteThread, {}, { threadId }),
  ]);

it("a foreign, an absent and a malformed id are the same not found, to read, change or delete", async () => {
  const [inbox, other] = [await makeInbox(), await makeInbox()];
  await arrive(other, { id: "<secret@x>" });
  const theirs = await threadOf(other);
  const { token } = await t.seed.key({ inbox });
  const [foreign = [], ...rest] = await Promise.all(
    [theirs, "0190a000-0000-7000-8000-00000000dead", "not-a-uuid", "'; --"].map((id) => triesOf(token, id)),
  );
  expect(foreign.map(({ code }) => code)).toEqual(Array(4).fill("object.not_found"));
  for (const failures of rest) expect(failures).toEqual(foreign);
  expect((await get(other, theirs, 1)).thread.labels).toEqual(["received", "unread"]);
});

it("a key that may not see one of a thread's messages gets the thread as if that were not there, and changes none of it", async () => {
  const inbox = await makeInbox();
  const file = { name: "seen.txt", type: "text/plain", content: "seen" };
  await arrive(inbox, { id: "<s1@x>", second: 1, text: "First", from: "ann@outside.test", file });
  const reply = { inReplyTo: "<s1@x>", from: "eve@outside.test" };
  const secret = { name: "secret.txt", type: "text/plain", content: "secret" };
  await arrive(inbox, { id: "<s2@x>", second: 2, text: "Hidden", ...reply, file: secret });
  const change = { messageId: "<s2@x>", addLabels: ["spam", "mine"], removeLabels: [] };
  await t.run(t.rootToken, updateMessage, { inbox }, change);
  const { token } = await t.seed.key({ inbox }, "message_read", "message_update", "message_delete");
  const included = { ...allThreads, included: { spam: true } };
  const whole = (await t.run(t.rootToken, listThreads, { inbox }, included)).items[0];
  const threadId = whole?.id ?? "";
  const { thread, messages } = await t.run(token, getThread, {}, { threadId, page: firstPage });
  expect(messages.map(({ messageId }) => messageId)).toEqual(["<s1@x>"]);
  expect(thread).toMatchObject({
    ...{ messageCount: 1, preview: "First", lastMessageId: "<s1@x>", labels: ["received", "unread"] },
    ...{ senders: ["ann@outside.test"], size: messages[0]?.size, timestamp: messages[0]?.timestamp },
  });
  expect(thread.attachments.map(({ filename }) => filename)).toEqual(["seen.txt"]);
  for (const failed of [
    await t.refusal(token, updateThread, {}, { threadId, addLabels: ["x"], removeLabels: [] }),
    await t.refusal(token, deleteThread, {}, { threadId }),
  ])
    expect(failed.code).toBe("object.not_found");
  // Whoever may see it sees all of it by its id, and a list leaves it out unless it is asked for.
  expect((await get(inbox, threadId, WHOLE)).thread).toMatchObject({ messageCount: 2, preview: "Hidden" });
  expect((await t.run(t.rootToken, listThreads, { inbox }, allThreads)).items).toEqual([]);
});

it("a thread with a message the key may not see is hidden from it, attachments and all", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<h1@x>", file: { name: "a", type: "text/plain", content: "hush" } });
  const blocked = { messageId: "<h1@x>", addLabels: ["blocked"], removeLabels: [] };
  await t.run(t.rootToken, updateMessage, { inbox }, blocked);
  const { token } = await t.seed.key({ inbox }, "message_read", "message_update", "message_delete");
  const asked = { ...allThreads, included: { blocked: true } };
  const [thread] = (await t.run(t.rootToken, listThreads, { inbox }, asked)).items;
  if (thread === undefined) throw new Error("the thread is not listed");
  expect((await t.run(token, listThreads, {}, asked)).items).toEqual([]);
  expect((await t.run(t.rootToken, listThreads, { inbox }, allThreads)).items).toEqual([]);
  expect((await triesOf(token, thread.id)).map(({ code }) => code)).toEqual(
    Array(4).fill("object.not_found"),
  );
  expect((await get(inbox, thread.id, 1)).thread.labels).toContain("blocked");
  const file = { threadId: thread.id, attachmentId: thread.attachments[0]?.id ?? "" };
  expect((await t.run(t.rootToken, getThreadAttachment, { inbox }, file)).attachment.filename).toBe("a");
});
