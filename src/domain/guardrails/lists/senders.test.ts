import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, bytesInto, mailInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages, allThreads } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import type { At } from "../../door/targets.ts";
import { getMessage, listMessages } from "../../mail/messages/index.ts";
import { listThreads } from "../../mail/threads/index.ts";
import type { JudgeMail } from "../../transit/arrivals/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { createListEntry, deleteListEntry } from "./index.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

/** `receive block` -> that list. */
const named = (list: string, entry: string) => {
  const [direction = "", listType = ""] = list.split(" ");
  return { direction, listType, entry };
};
const put = (at: At, list: string, entry: string) =>
  t.run(t.rootToken, createListEntry, at, named(list, entry));

async function tenant(): Promise<{ readonly pod: string; readonly inbox: string }> {
  const pod = await t.seed.pod();
  return { pod, inbox: (await t.seed.inbox(pod)).address };
}

let count = 0;
const stored = (inbox: string, messageId: string) => t.run(t.rootToken, getMessage, { inbox }, { messageId });

/** Whether mail from there is labelled blocked. */
async function isBlocked(inbox: string, mail: Omit<ArrivingMail, "id">): Promise<boolean> {
  const id = `<${++count}@lists.test>`;
  await arrive(inbox, { ...mail, id });
  return (await stored(inbox, id)).labels.includes("blocked");
}

it("refused mail is kept with the label blocked, hidden from lists, and has an event type of its own", async () => {
  const { inbox } = await tenant();
  await put({ inbox }, "receive block", "bob@one.example");
  await arrive(inbox, { id: "<refused@x>", from: "Bob <BOB@One.Example>" });
  await arrive(inbox, { id: "<taken@x>", from: "ann@one.example" });
  expect((await stored(inbox, "<refused@x>")).labels.toSorted()).toEqual(["blocked", "received", "unread"]);
  expect((await stored(inbox, "<taken@x>")).labels.toSorted()).toEqual(["received", "unread"]);
  const { items } = await t.run(t.rootToken, listMessages, { inbox }, allMessages);
  expect(items.map(({ messageId }) => messageId)).toEqual(["<taken@x>"]);
  const threads = await t.run(
    t.rootToken,
    listThreads,
    { inbox },
    { ...allThreads, included: { blocked: true } },
  );
  expect(threads.items).toHaveLength(2);
  const events = await t.behind((tx) =>
    sql<{ type: string; id: string }>`select e.type, m.message_id as id from events e
      join messages m on m.pod_id = e.pod_id and m.id = e.message_uuid
      join inboxes i on i.pod_id = m.pod_id and i.id = m.inbox_id where i.address = ${inbox} order by e.type`.execute(
      tx.within(systemScope),
    ),
  );
  expect(events.rows).toEqual([
    { type: "message.received", id: "<taken@x>" },
    { type: "message.received.blocked", id: "<refused@x>" },
  ]);
});

describe("mail that arrives", () => {
  it("is judged by the narrowest level that names its sender or the sender's domain; a block wins within one", async () => {
    const { pod, inbox } = await tenant();
    const from = (address: string) => isBlocked(inbox, { from: address });
    await put({}, "receive block", "organization.example");
    await put({ pod }, "receive allow", "let@organization.example");
    await put({ inbox }, "receive block", "not@organization.example");
    await put({ inbox }, "receive allow", "organization.example");
    await put({ inbox }, "receive block", "both.example");
    await put({ inbox }, "receive allow", "both.example");
    expect(await from("any@organization.example")).toBe(false);
    expect(await from("not@organization.example")).toBe(true);
    expect(await from("any@both.example")).toBe(true);
    // No level names it, and there are allow lists.
    expect(await from("any@other.example")).toBe(true);
    const { inbox: neighbour } = await tenant();
    expect(await isBlocked(neighbour, { from: "any@organization.example" })).toBe(true);
    expect(await isBlocked(neighbour, { from: "not@both.example" })).toBe(false);
    await t.run(t.rootToken, deleteListEntry, {}, named("receive block", "organization.example"));
    expect(await isBlocked(neighbour, { from: "any@organization.example" })).toBe(false);
  });

  it("that answers what the inbox sent is judged by reply lists alone, all other mail by receive lists", async () => {
    const { inbox } = await tenant();
    const { messageId: ours } = await t.run(
      t.rootToken,
      sendMessage,
      { inbox },
      { to: ["ann@there.example"], text: "?", idempotencyKey: null },
    );
    await put({ inbox }, "receive allow", "known.example");
    const answer = { from: "ann@there.example", inReplyTo: ours };
    expect(await isBlocked(inbox, { from: "ann@there.example" })).toBe(true);
    expect(await isBlocked(inbox, answer)).toBe(false);
    await put({ inbox }, "reply block", "ann@there.example");
    expect(await isBlocked(inbox, answer)).toBe(true);
    expect(await isBlocked(inbox, { ...answer, from: "any@there.example" })).toBe(false);
    // What it answers arrived here, or lies in another inbox: no answer to us.
    await arrive(inbox, { id: "<theirs@x>", from: "any@known.example" });
    expect(await isBlocked(inbox, { from: "any@there.example", inReplyTo: "<theirs@x>" })).toBe(true);
    const { inbox: other } = await tenant();
    await put({ inbox: other }, "receive block", "there.example");
    expect(await isBlocked(other, { from: "any@there.example", inReplyTo: ours })).toBe(true);
  });

  it("without an address in From is judged by its reverse-path", async () => {
    const { inbox } = await tenant();
    await put({ inbox }, "receive block", "outside.test");
    await bytesInto(t)(inbox, Buffer.from("Message-ID: <bare@x>\r\n\r\nHello.\r\n"));
    expect((await stored(inbox, "<bare@x>")).labels).toContain("blocked");
  });

  it("is judged for each of its inboxes by that inbox's lists", async () => {
    const [one, other] = [await tenant(), await tenant()];
    await put({ pod: one.pod }, "receive block", "both.test");
    await Promise.all(
      [one, other].map(({ inbox }) => arrive(inbox, { id: "<both@x>", from: "a@both.test" })),
    );
    expect((await stored(one.inbox, "<both@x>")).labels).toContain("blocked");
    expect((await stored(other.inbox, "<both@x>")).labels).not.toContain("blocked");
  });
});

describe("the envelope's sender, who is human@outside.test", () => {
  const verdicts = (isAuthenticated: boolean): Awaited<ReturnType<JudgeMail>> => ({
    listedIn: [],
    verdicts: {
      spf: { result: isAuthenticated ? "pass" : "none", domain: "outside.test", identity: "mailfrom" },
      dkim: [],
      dmarc: { result: isAuthenticated ? "pass" : "none", domain: "author.example", policy: null },
      arc: { result: "none", domain: null },
    },
  });
  const labels = async (inbox: string, isAuthenticated: boolean): Promise<readonly string[]> => {
    const id = `<${++count}@lists.test>`;
    const raw = `From: a@author.example\r\nMessage-ID: ${id}\r\n\r\nHi\r\n`;
    await bytesInto(t, async () => verdicts(isAuthenticated))(inbox, Buffer.from(raw));
    return (await stored(inbox, id)).labels;
  };

  it("counts as well where the author in the header is not authenticated, and not where he is", async () => {
    const { inbox } = await tenant();
    expect(await labels(inbox, false)).not.toContain("blocked");
    await put({ inbox }, "receive block", "outside.test");
    expect(await labels(inbox, true)).not.toContain("blocked");
    expect(await labels(inbox, false)).toContain("blocked");
  });

  it("has to be allowed too where only some are", async () => {
    const { inbox } = await tenant();
    await put({ inbox }, "receive allow", "author.example");
    expect(await labels(inbox, true)).not.toContain("blocked");
    expect(await labels(inbox, false)).toContain("blocked");
    await put({ inbox }, "receive allow", "human@outside.test");
    expect(await labels(inbox, false)).not.toContain("blocked");
  });
});
