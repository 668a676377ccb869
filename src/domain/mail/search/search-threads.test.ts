import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { allThreads } from "../../../../test/support/lists.ts";
import { beforeAndAfterIndexing, everything } from "../../../../test/support/search.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { listThreads, updateThread } from "../threads/index.ts";
import { searchMessages, searchThreads } from "./index.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

it("gives each thread once, with what its best message has, and hides one with a hidden message", async () => {
  const inbox = (await t.seed.inbox()).address;
  await arrive(inbox, { id: "<a@x>", second: 1, subject: "Walrus", text: "walrus walrus" });
  await arrive(inbox, { id: "<b@x>", second: 2, subject: "Re", text: "walrus", inReplyTo: "<a@x>" });
  await arrive(inbox, { id: "<c@x>", second: 3, subject: "Other", text: "walrus" });
  const threads = () => t.run(t.rootToken, searchThreads, { inbox }, { ...everything, query: "walrus" });
  await beforeAndAfterIndexing(t, async () => {
    const { items } = await threads();
    expect(items.map(({ thread }) => thread.lastMessageId)).toEqual(["<b@x>", "<c@x>"]);
    expect(items[0]?.highlights?.subject).toEqual(["**Walrus**"]);
  });
  const all = await t.run(t.rootToken, listThreads, { inbox }, allThreads);
  const threadId = all.items.find(({ lastMessageId }) => lastMessageId === "<b@x>")?.id ?? "";
  await t.run(t.rootToken, updateThread, { inbox }, { threadId, addLabels: ["trash"], removeLabels: [] });
  expect((await threads()).items.map(({ thread }) => thread.lastMessageId)).toEqual(["<c@x>"]);
});

it("keeps to the inbox, pod and organization that are searched", async () => {
  const pods = [await t.seed.pod(), await t.seed.pod()] as const;
  const inboxes = [await t.seed.inbox(pods[0]), await t.seed.inbox(pods[0]), await t.seed.inbox(pods[1])].map(
    ({ address }) => address,
  );
  for (const [place, inbox] of inboxes.entries())
    await arrive(inbox, { id: `<${place}@x>`, text: "narwhal" });
  const threads = async (at: object): Promise<string[]> =>
    (await t.run(t.rootToken, searchThreads, at, { ...everything, query: "narwhal" })).items
      .map(({ thread }) => thread.inboxAddress)
      .toSorted();
  await beforeAndAfterIndexing(t, async () => {
    expect(await threads({ inbox: inboxes[0] })).toEqual([inboxes[0]]);
    expect(await threads({ pod: pods[0] })).toEqual([inboxes[0], inboxes[1]].toSorted());
    expect(await threads({})).toEqual(inboxes.toSorted());
    const messages = await t.run(
      t.rootToken,
      searchMessages,
      { inbox: inboxes[2] ?? "" },
      { ...everything, query: "narwhal" },
    );
    expect(messages.items.map(({ message }) => message.messageId)).toEqual(["<2@x>"]);
  });
  const { token } = await t.seed.key({ inbox: inboxes[0] ?? "" });
  const asked = { ...everything, query: "narwhal" };
  const foreign = await t.refusal(token, searchThreads, { inbox: inboxes[2] ?? "" }, asked);
  expect(foreign.code).toBe("inbox.not_found");
  expect(await t.refusal(token, searchThreads, { inbox: "nobody@rookery.localhost" }, asked)).toEqual(
    foreign,
  );
});

it("shows highlights of the message that fits best, and a cursor where there is more", async () => {
  const inbox = (await t.seed.inbox()).address;
  for (const n of [1, 2, 3]) await arrive(inbox, { id: `<p${n}@x>`, second: n, subject: `Okapi ${n}` });
  const search = (after: Parameters<typeof searchThreads.prepare>[0]["page"]["after"]) =>
    t.run(
      t.rootToken,
      searchThreads,
      { inbox },
      { ...everything, query: "okapi", order: "timestamp", page: { size: 2, after } },
    );
  await beforeAndAfterIndexing(t, async () => {
    const first = await search(null);
    const second = await search(first.next);
    expect([...first.items, ...second.items].map(({ thread }) => thread.lastMessageId)).toEqual([
      "<p3@x>",
      "<p2@x>",
      "<p1@x>",
    ]);
    expect(first.items).toHaveLength(2);
    expect(second.next).toBeNull();
    expect(second.items[0]?.highlights?.subject).toEqual(["**Okapi** 1"]);
  });
});
