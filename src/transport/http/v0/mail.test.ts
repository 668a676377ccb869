/** How messages and threads look on the wire, and which queries are refused; what operations do is tested beside them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type Answer, type V0Caller, v0Caller } from "../../../../test/support/v0-caller.ts";

let t: TestDoor;
let call: V0Caller;
let inbox: string;
let arrive: (mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  call = v0Caller(t);
  inbox = (await t.seed.inbox()).address;
  const into = mailInto(t);
  arrive = (mail) => into(inbox, mail);
});
afterAll(() => t.close());

const list = (query: Readonly<Record<string, string>> = {}, noun = "messages"): Promise<Answer> =>
  call(t.rootToken, `inboxes.${noun}.list`, { params: { inbox_id: inbox }, query });
const one = (verb: string, message_id: string, body: unknown = {}): Promise<Answer> =>
  call(t.rootToken, `inboxes.messages.${verb}`, { params: { inbox_id: inbox, message_id }, body });
const batch = (verb: string, body: unknown): Promise<Answer> =>
  call(t.rootToken, `inboxes.messages.batch${verb}`, { params: { inbox_id: inbox }, body });
const idsOf = (answer: Answer): string[] =>
  (answer.body["messages"] as { message_id: string }[]).map((item) => item.message_id);

describe("lists of mail", () => {
  it("are read in pages that say how many they hold and where the next one starts", async () => {
    for (let n = 0; n < 3; n++) await arrive({ id: `<p${n}@x>`, second: n });
    const first = await list({ limit: "2" });
    expect(first.body).toMatchObject({ count: 2, limit: 2, next_page_token: expect.any(String) });
    const last = await list({ limit: "2", page_token: String(first.body["next_page_token"]) });
    expect(last.body).toMatchObject({ count: 1, limit: 2 });
    expect(last.body).not.toHaveProperty("next_page_token");
    expect([...idsOf(first), ...idsOf(last)]).toEqual(["<p2@x>", "<p1@x>", "<p0@x>"]);
    expect(idsOf(await list({ ascending: "true" }))).toEqual(["<p0@x>", "<p1@x>", "<p2@x>"]);
    expect((await list()).body).not.toHaveProperty("limit");
  });

  it("take times with an offset, and the restricted labels that a query includes", async () => {
    const between = { after: "2026-01-01T00:00:00Z", before: "2026-01-01T01:00:02+01:00" };
    expect(idsOf(await list(between))).toEqual(["<p1@x>"]);
    await one("update", "<p0@x>", { add_labels: "spam" });
    expect(idsOf(await list({ labels: "spam" }))).toEqual([]);
    expect(idsOf(await list({ labels: "spam", include_spam: "true" }))).toEqual(["<p0@x>"]);
  });

  it("keep a thread that an older client deletes with permanent=false, in the trash", async () => {
    await arrive({ id: "<kept@x>", second: 9 });
    const threads = async (trash: string): Promise<string[]> =>
      (
        (await list({ include_trash: trash, after: "2026-01-01T00:00:08Z" }, "threads")).body["threads"] as {
          thread_id: string;
        }[]
      ).map((thread) => thread.thread_id);
    const [thread_id = ""] = await threads("false");
    const remove = (permanent: string): Promise<Answer> =>
      call(t.rootToken, "inboxes.threads.delete", {
        params: { inbox_id: inbox, thread_id },
        query: { permanent },
      });
    expect((await remove("false")).status).toBe(204);
    expect([await threads("false"), await threads("true")]).toEqual([[], [thread_id]]);
    expect((await remove("true")).status).toBe(204);
    expect(await threads("true")).toEqual([]);
  });

  it("of more than 100 items are refused with a substring filter and taken without one; a NUL is the caller's mistake", async () => {
    for (const noun of ["messages", "threads"]) {
      expect(await list({ limit: "101", subject: "x" }, noun)).toMatchObject({
        status: 400,
        body: { errors: [{ code: "too_big", path: ["limit"], maximum: 100 }] },
      });
      expect((await list({ limit: "101" }, noun)).status).toBe(200);
    }
    for (const name of ["from", "to", "subject", "labels"])
      expect((await list({ [name]: "a\0b" })).status, name).toBe(400);
  });
});

describe("labels", () => {
  it("are changed with one label or a list, and answered with the message or thread they are on", async () => {
    await arrive({ id: "<labels@x>", second: 10 });
    expect((await one("update", "<labels@x>", { add_labels: "a", remove_labels: ["unread"] })).body).toEqual({
      message_id: "<labels@x>",
      labels: ["received", "a"],
    });
    const thread_id = String((await one("get", "<labels@x>")).body["thread_id"]);
    const params = { inbox_id: inbox, thread_id };
    const changed = await call(t.rootToken, "inboxes.threads.update", { params, body: { add_labels: "b" } });
    expect(changed.body).toEqual({ thread_id, labels: ["received", "a", "b"] });
  });

  it.each([
    ["a system label", { add_labels: ["ok", "sent"] }, ["add_labels", 1]],
    ["a system label alone", { remove_labels: "received" }, ["remove_labels", 0]],
    ["neither list", {}, []],
    ["an object for a label", { add_labels: [{}] }, ["add_labels", 0]],
  ])("that are %s are refused under the name that the caller gave", async (_what, body, path) => {
    const answer = await one("update", "<labels@x>", body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });
});

describe("batches", () => {
  it("say how many were asked for and how many were found, and leave bodies out", async () => {
    const message_ids = ["<p2@x>", "<absent@x>", "<p1@x>"];
    const found = await batch("Get", { message_ids });
    expect(found.body).toMatchObject({ limit: 3, count: 2 });
    expect(idsOf(found)).toEqual(["<p2@x>", "<p1@x>"]);
    expect(found.text).not.toContain("Hello.\\n");
    const changed = await batch("Update", { message_ids, add_labels: ["done"], remove_labels: ["unread"] });
    expect(changed.body).toEqual({
      limit: 3,
      count: 2,
      updates: [
        { message_id: "<p2@x>", labels: ["received", "done"] },
        { message_id: "<p1@x>", labels: ["received", "done"] },
      ],
    });
  });

  it("of none, of the same twice or of too many are refused", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `<${n}@x>`);
    for (const message_ids of [[], ["<p1@x>", "<p1@x>"], many(501)])
      expect((await batch("Get", { message_ids })).status).toBe(400);
    expect((await batch("Update", { message_ids: many(51), add_labels: ["a"] })).status).toBe(400);
  });
});

describe("a thread", () => {
  it("comes with its messages, their number in all and on the page, and without what it has not", async () => {
    await arrive({ id: "<t0@x>", second: 20 });
    await arrive({ id: "<t1@x>", second: 21, inReplyTo: "<t0@x>" });
    const thread_id = String((await one("get", "<t0@x>")).body["thread_id"]);
    const get = (query: Readonly<Record<string, string>> = {}) =>
      call(t.rootToken, "inboxes.threads.get", { params: { inbox_id: inbox, thread_id }, query });
    const whole = await get();
    expect(whole.body).toMatchObject({
      thread_id,
      message_count: 2,
      count: 2,
      last_message_id: "<t1@x>",
      timestamp: "2026-01-01T00:00:21.000Z",
      received_timestamp: "2026-01-01T00:00:21.000Z",
    });
    for (const field of ["limit", "next_page_token", "attachments"])
      expect(whole.body, field).not.toHaveProperty(field);
    const first = await get({ limit: "1" });
    expect(first.body).toMatchObject({ limit: 1, count: 1, message_count: 2 });
    const rest = await get({ limit: "1", page_token: String(first.body["next_page_token"]) });
    expect([...idsOf(rest), ...idsOf(first)]).toEqual(["<t0@x>", "<t1@x>"]);
    expect(await get({ limit: "101" })).toMatchObject({
      status: 400,
      body: { errors: [{ code: "too_big", path: ["limit"] }] },
    });
  });
});

describe("a send", () => {
  it("is answered alike under one Idempotency-Key, and with 409 for another message under it", async () => {
    const send = (text: string) =>
      call(t.rootToken, "inboxes.messages.send", {
        params: { inbox_id: inbox },
        headers: { "idempotency-key": "monday" },
        body: { to: "x@outside.test", text },
      });
    const first = await send("one");
    expect(first).toMatchObject({ status: 200, body: { message_id: expect.any(String) } });
    expect(await send("one")).toEqual(first);
    expect((await send("two")).status).toBe(409);
  });

  it("names the attachment that could not be had as the caller does", async () => {
    const answer = await call(t.rootToken, "inboxes.messages.send", {
      params: { inbox_id: inbox },
      body: { to: "x@outside.test", attachments: [{ content: "YQ==" }, { url: "file:///etc/passwd" }] },
    });
    expect(answer).toMatchObject({
      status: 403,
      body: {
        name: "MessageRejectedError",
        code: "message_rejected",
        message: expect.stringMatching(/^Message rejected: attachments\.1\.url could not be fetched: /),
      },
    });
  });
});
