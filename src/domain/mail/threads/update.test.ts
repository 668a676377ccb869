import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allThreads, firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage } from "../messages/index.ts";
import { getThread, listThreads, updateThread } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a change reaches every message and nothing beside; from 100 messages on it is refused whole", async () => {
  const { address: inbox } = await t.seed.inbox();
  const arrive = mailInto(t);
  for (let n = 0; n < 99; n++)
    await arrive(inbox, { id: `<c${n}@x>`, second: n, ...(n > 0 && { inReplyTo: "<c0@x>" }) });
  const [thread] = (await t.run(t.rootToken, listThreads, { inbox }, allThreads)).items;
  const threadId = thread?.id ?? "";
  await arrive(inbox, { id: "<beside@x>", second: 500 });
  const change = { threadId, addLabels: ["done"], removeLabels: ["unread"] };
  const labels = ["received", "done"];
  expect(await t.run(t.rootToken, updateThread, { inbox }, change)).toEqual({ threadId, labels });
  const get = () => t.run(t.rootToken, getThread, { inbox }, { threadId, page: firstPage });
  const { messages } = await get();
  expect(messages).toHaveLength(99);
  for (const message of messages) expect(message.labels).toEqual(labels);
  const beside = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<beside@x>" });
  expect(beside.labels).toEqual(["received", "unread"]);

  await arrive(inbox, { id: "<c99@x>", second: 99, inReplyTo: "<c0@x>" });
  expect((await t.refusal(t.rootToken, updateThread, { inbox }, change)).code).toBe("thread.too_long");
  expect((await get()).thread.labels).toContain("unread");
});
