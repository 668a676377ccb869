import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_PAGE_BYTES, MAX_THREAD_PEOPLE } from "../../limits.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(async () => {
  await t.close();
});

async function makeInbox(): Promise<{ pod: string; inbox: string }> {
  const pod = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
  const made = await t.call(t.rootToken, "pods.inboxes.create", { params: { pod_id: pod } });
  return { pod, inbox: String(made.body["inbox_id"]) };
}

interface Item {
  readonly thread_id: string;
  readonly message_id: string;
}
const threadsOf = async (name: string, params: Readonly<Record<string, string>>, token = t.rootToken) => {
  const { threads } = (await t.call(token, name, { params })).body;
  return (threads as Item[]).map((thread) => thread.thread_id);
};
const threadOf = async (inbox: string): Promise<string> =>
  (await threadsOf("inboxes.threads.list", { inbox_id: inbox }))[0] ?? "";
const get = (
  inbox: string,
  thread: string,
  query: Readonly<Record<string, string>> = {},
  token = t.rootToken,
) => t.call(token, "inboxes.threads.get", { params: { inbox_id: inbox, thread_id: thread }, query });

/** A conversation of `count` mails, a second apart; each but the first answers the first. */
async function converse(inbox: string, count: number): Promise<string> {
  for (let n = 0; n < count; n++)
    await arrive(inbox, { id: `<c${n}@x>`, second: n, ...(n > 0 && { inReplyTo: "<c0@x>" }) });
  return threadOf(inbox);
}

describe("reading threads", () => {
  it("pages of a thread start with the newest, run forwards inside, and end without a token", async () => {
    const { inbox } = await makeInbox();
    const thread = await converse(inbox, 5);
    const pages: string[][] = [];
    let token: unknown;
    do {
      const { body } = await get(inbox, thread, {
        limit: "2",
        ...(token !== undefined && { page_token: String(token) }),
      });
      expect(body).toMatchObject({ limit: 2, message_count: 5, count: (body["messages"] as Item[]).length });
      pages.push((body["messages"] as Item[]).map((message) => message.message_id));
      token = body["next_page_token"];
    } while (token !== undefined);
    expect(pages).toEqual([["<c3@x>", "<c4@x>"], ["<c1@x>", "<c2@x>"], ["<c0@x>"]]);
    const whole = (await get(inbox, thread)).body;
    expect((whole["messages"] as Item[]).map((message) => message.message_id)).toEqual(
      Array.from({ length: 5 }, (_, n) => `<c${n}@x>`),
    );
    expect(whole).not.toHaveProperty("limit");
    expect(await get(inbox, thread, { limit: "101" })).toMatchObject({
      status: 400,
      body: { errors: [{ code: "too_big", path: ["limit"] }] },
    });
  });

  it("a page ends where its bodies grow too large, and the next one goes on", async () => {
    const { inbox } = await makeInbox();
    // Four fill a page, as each has its extract beside it; one of them alone is as long as a text can be.
    const text = `${"x".repeat(99)}\n`.repeat(0.12 * (MAX_PAGE_BYTES / 100));
    for (let n = 0; n < 6; n++)
      await arrive(inbox, { id: `<b${n}@x>`, second: n, inReplyTo: "<b0@x>", text });
    const thread = await threadOf(inbox);
    const pages: string[][] = [];
    let token: unknown;
    do {
      const { body, text: wire } = await get(
        inbox,
        thread,
        token === undefined ? {} : { page_token: String(token) },
      );
      expect(wire.length).toBeLessThan(2 * MAX_PAGE_BYTES);
      expect(body).toMatchObject({ message_count: 6, count: (body["messages"] as Item[]).length });
      pages.push((body["messages"] as Item[]).map((message) => message.message_id));
      token = body["next_page_token"];
    } while (token !== undefined);
    expect(pages).toEqual([
      ["<b2@x>", "<b3@x>", "<b4@x>", "<b5@x>"],
      ["<b0@x>", "<b1@x>"],
    ]);
    // A list shows no bodies, so theirs do not end its page.
    const params = { inbox_id: inbox };
    const listed = await t.call(t.rootToken, "inboxes.messages.list", { params, query: { limit: "1000" } });
    expect(listed.body).toMatchObject({ count: 6 });
  });

  it("shows a bounded number of people, those who joined first, also when it is counted anew", async () => {
    const { inbox } = await makeInbox();
    const cc = (n: number) =>
      `Cc: ${Array.from({ length: 600 }, (_, i) => `p${n}-${i}@many.test`).join(",\r\n ")}\r\n`;
    for (let n = 0; n < 3; n++)
      await arrive(inbox, { id: `<m${n}@x>`, second: n, inReplyTo: "<m0@x>", headers: cc(n) });
    const thread = await threadOf(inbox);
    const joined = (await get(inbox, thread)).body["recipients"] as string[];
    expect(joined).toHaveLength(MAX_THREAD_PEOPLE);
    expect([joined[0], joined[1], joined.at(-1)]).toEqual([inbox, "p0-0@many.test", "p1-398@many.test"]);
    const last = { params: { inbox_id: inbox, message_id: "<m2@x>" } };
    await t.call(t.rootToken, "inboxes.messages.delete", last);
    expect((await get(inbox, thread)).body["recipients"]).toEqual(joined);
  });

  it("each level lists what lies below it and nothing beside it", async () => {
    const one = await makeInbox();
    const two = await makeInbox();
    await arrive(one.inbox, { id: "<one@x>" });
    await arrive(two.inbox, { id: "<two@x>" });
    const mine = await threadOf(one.inbox);
    const theirs = await threadOf(two.inbox);
    expect(await threadsOf("pods.threads.list", { pod_id: one.pod })).toEqual([mine]);
    const all = await threadsOf("threads.list", {});
    expect(all).toEqual(expect.arrayContaining([mine, theirs]));
    const key = await t.call(t.rootToken, "pods.apiKeys.create", { params: { pod_id: one.pod } });
    expect(await threadsOf("threads.list", {}, String(key.body["api_key"]))).toEqual([mine]);
  });

  it("a foreign, an absent and a malformed id are the same not found, to read, change or delete", async () => {
    const one = await makeInbox();
    const two = await makeInbox();
    await arrive(two.inbox, { id: "<secret@x>" });
    const theirs = await threadOf(two.inbox);
    const key = await t.call(t.rootToken, "inboxes.apiKeys.create", { params: { inbox_id: one.inbox } });
    const token = String(key.body["api_key"]);
    for (const verb of ["get", "update", "delete"]) {
      const said = new Set<string>();
      for (const thread_id of [theirs, "0190a000-0000-7000-8000-00000000dead", "not-a-uuid", "'; --"]) {
        const answer = await t.call(token, `threads.${verb}`, {
          params: { thread_id },
          body: { add_labels: ["x"] },
        });
        said.add(`${answer.status} ${answer.text}`);
      }
      expect([...said]).toEqual([expect.stringMatching(/^404 .*Thread not found/)]);
    }
    expect((await get(two.inbox, theirs)).body["labels"]).toEqual(["received", "unread"]);
  });

  it("a thread with a message the key may not see is hidden from it, attachments and all", async () => {
    const { inbox } = await makeInbox();
    await arrive(inbox, { id: "<h1@x>", file: { name: "a", type: "text/plain", content: "hush" } });
    await t.call(t.rootToken, "inboxes.messages.update", {
      params: { inbox_id: inbox, message_id: "<h1@x>" },
      body: { add_labels: ["blocked"] },
    });
    const made = await t.call(t.rootToken, "inboxes.apiKeys.create", {
      params: { inbox_id: inbox },
      body: { permissions: { message_read: true, message_update: true, message_delete: true } },
    });
    const blind = String(made.body["api_key"]);
    const query = { include_blocked: "true" };
    const listed = await t.call(t.rootToken, "inboxes.threads.list", { params: { inbox_id: inbox }, query });
    const [thread] = (listed.body["threads"] as Item[]).map((item) => item.thread_id);
    expect((await t.call(blind, "threads.list", { query })).body["threads"]).toEqual([]);
    expect(await threadsOf("inboxes.threads.list", { inbox_id: inbox })).toEqual([]);
    for (const verb of ["get", "update", "delete"])
      expect(
        (
          await t.call(blind, `threads.${verb}`, {
            params: { thread_id: thread ?? "" },
            body: { add_labels: ["x"] },
          })
        ).status,
      ).toBe(404);
    expect((await get(inbox, thread ?? "")).status).toBe(200);
  });
});

describe("what a thread says of its messages", () => {
  it("follows deletions of the first and the last message, and goes with the only one", async () => {
    const { inbox } = await makeInbox();
    const file = { name: "a.txt", type: "text/plain", content: "x" };
    await arrive(inbox, { id: "<a1@x>", second: 1, subject: "First", from: "Ann <ann@x.test>", text: "one" });
    await arrive(inbox, {
      id: "<a2@x>",
      second: 2,
      subject: "Re: First",
      from: "Bob <bob@x.test>",
      text: "two",
      inReplyTo: "<a1@x>",
    });
    await arrive(inbox, {
      id: "<a3@x>",
      second: 3,
      subject: "Re: First",
      from: "Cy <cy@x.test>",
      text: "three",
      inReplyTo: "<a2@x>",
      file,
    });
    const thread = await threadOf(inbox);
    const remove = (message_id: string) =>
      t.call(t.rootToken, "inboxes.messages.delete", { params: { inbox_id: inbox, message_id } });
    const whole = (await get(inbox, thread)).body;
    expect(whole).toMatchObject({
      subject: "First",
      preview: "three",
      last_message_id: "<a3@x>",
      message_count: 3,
    });
    expect(whole["attachments"]).toHaveLength(1);
    expect((await remove("<a3@x>")).status).toBe(204);
    const { body } = await get(inbox, thread);
    expect(body).toMatchObject({
      preview: "two",
      last_message_id: "<a2@x>",
      message_count: 2,
      senders: ["Ann <ann@x.test>", "Bob <bob@x.test>"],
      timestamp: "2026-01-01T00:00:02.000Z",
      received_timestamp: "2026-01-01T00:00:02.000Z",
    });
    expect(body).not.toHaveProperty("attachments");
    const sizes = (body["messages"] as { size: number }[]).map((message) => message.size);
    expect(body["size"]).toBe(sizes.reduce((sum, size) => sum + size, 0));
    await remove("<a1@x>");
    expect((await get(inbox, thread)).body).toMatchObject({
      subject: "Re: First",
      senders: ["Bob <bob@x.test>"],
    });
    await remove("<a2@x>");
    expect((await get(inbox, thread)).status).toBe(404);
    expect((await remove("<a2@x>")).status).toBe(404);
  });

  it("keeps labels in the order they came when it is counted anew", async () => {
    const { inbox } = await makeInbox();
    const thread = await converse(inbox, 2);
    const labels = ["zebra", "apple", "mango", "yak", "bee"];
    await t.call(t.rootToken, "inboxes.threads.update", {
      params: { inbox_id: inbox, thread_id: thread },
      body: { add_labels: labels },
    });
    expect((await get(inbox, thread)).body["labels"]).toEqual(["received", "unread", ...labels]);
  });
});

describe("changing and deleting threads", () => {
  it("a change reaches every message and nothing beside; from 100 messages on it is refused whole", async () => {
    const { inbox } = await makeInbox();
    const thread = await converse(inbox, 99);
    await arrive(inbox, { id: "<beside@x>", second: 500 });
    const update = () =>
      t.call(t.rootToken, "inboxes.threads.update", {
        params: { inbox_id: inbox, thread_id: thread },
        body: { add_labels: "done", remove_labels: ["unread"] },
      });
    expect((await update()).body).toEqual({ thread_id: thread, labels: ["received", "done"] });
    const { messages } = (await get(inbox, thread)).body;
    expect(new Set((messages as { labels: string[] }[]).map(({ labels }) => labels.join()))).toEqual(
      new Set(["received,done"]),
    );
    const beside = await t.call(t.rootToken, "inboxes.messages.get", {
      params: { inbox_id: inbox, message_id: "<beside@x>" },
    });
    expect(beside.body["labels"]).toEqual(["received", "unread"]);
    await arrive(inbox, { id: "<c99@x>", second: 99, inReplyTo: "<c0@x>" });
    expect(await update()).toMatchObject({ status: 422, body: { code: "unprocessable" } });
    expect((await get(inbox, thread, { limit: "1" })).body["labels"]).toContain("unread");
  });

  it("deleting a thread leaves none of its rows, and bytes only until the sweep it asked for", async () => {
    const { pod, inbox } = await makeInbox();
    await arrive(inbox, { id: "<gone@x>", file: { name: "a", type: "text/plain", content: "bytes" } });
    const thread = await threadOf(inbox);
    const deleted = await t.call(t.rootToken, "pods.threads.delete", {
      params: { pod_id: pod, thread_id: thread },
    });
    expect(deleted.status).toBe(204);
    for (const table of ["messages", "attachments", "threads"] as const)
      expect(
        await t.behind((tx) =>
          tx.within(systemScope).selectFrom(table).where("pod_id", "=", pod).select("id").execute(),
        ),
        table,
      ).toEqual([]);
    // Jobs belong to the owner of the schema.
    const owner = new pg.Client(t.engine.connection);
    await owner.connect();
    const { rows } = await owner.query<{ pod: string }>(
      "select payload ->> 'podId' as pod from graphile_worker._private_jobs j join graphile_worker._private_tasks k on k.id = j.task_id where k.identifier = 'sweep_blobs'",
    );
    await owner.end();
    expect(rows).toContainEqual({ pod });
  });
});
