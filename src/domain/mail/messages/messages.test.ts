import { Hono } from "hono";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { type Answer, openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { mountFiles } from "../../../transport/http/files.ts";
import { v0 } from "../../../transport/http/v0/index.ts";
import { systemScope } from "../../door/access/index.ts";
import { DOWNLOAD_SECONDS } from "../../limits.ts";
import { getMessage, type MessageRef } from "./index.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(async () => {
  await t.close();
});

const makeInbox = async (): Promise<string> =>
  String((await t.call(t.rootToken, "inboxes.create")).body["inbox_id"]);

/** Token of a key of the inbox that holds these permissions and no other. */
async function keyWith(inbox: string, ...permissions: string[]): Promise<string> {
  const made = await t.call(t.rootToken, "inboxes.apiKeys.create", {
    params: { inbox_id: inbox },
    body: { permissions: Object.fromEntries(permissions.map((name) => [name, true])) },
  });
  return String(made.body["api_key"]);
}

const list = (inbox: string, query: Readonly<Record<string, string>> = {}, token = t.rootToken) =>
  t.call(token, "inboxes.messages.list", { params: { inbox_id: inbox }, query });
const one = (verb: string, inbox: string, id: string, body: unknown = {}, token = t.rootToken) =>
  t.call(token, `inboxes.messages.${verb}`, { params: { inbox_id: inbox, message_id: id }, body });
const batch = (verb: string, inbox: string, body: unknown, token = t.rootToken) =>
  t.call(token, `inboxes.messages.batch${verb}`, { params: { inbox_id: inbox }, body });

interface Item {
  readonly message_id: string;
  readonly thread_id: string;
  readonly labels: string[];
  readonly attachments?: { readonly attachment_id: string }[];
}
const itemsOf = (answer: Answer, plural = "messages"): Item[] => answer.body[plural] as Item[];
const idsOf = (answer: Answer): string[] => itemsOf(answer).map((item) => item.message_id);

describe("lists of messages", () => {
  it("pages neither skip nor repeat when times tie and newer mail comes in between", async () => {
    const inbox = await makeInbox();
    // Four seconds hold two mails each: only the id decides inside a second.
    for (let n = 0; n < 8; n++) await arrive(inbox, { id: `<p${n}@x>`, second: n >> 1 });
    const first = await list(inbox, { limit: "3" });
    const seen = idsOf(first);
    let token = first.body["next_page_token"];
    for (let n = 0; token !== undefined; n++) {
      await arrive(inbox, { id: `<later${n}@x>`, second: 100 + n });
      const page = await list(inbox, { limit: "3", page_token: String(token) });
      expect(page.body["limit"]).toBe(3);
      seen.push(...idsOf(page));
      token = page.body["next_page_token"];
    }
    expect(seen).toHaveLength(8);
    expect(new Set(seen)).toEqual(new Set(Array.from({ length: 8 }, (_, n) => `<p${n}@x>`)));
    const upwards = idsOf(await list(inbox, { ascending: "true" })).slice(0, 8);
    expect(upwards).toEqual(seen.toReversed());
  });

  it("filters: labels are ANDed, times are exclusive, substrings match literally and in any case", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<f1@x>", second: 1, subject: "50% off_now", from: "Ann <ann@one.test>" });
    await arrive(inbox, {
      id: "<f2@x>",
      second: 2,
      subject: "500 offers",
      headers: "Cc: Boss <boss@two.test>\r\n",
    });
    await arrive(inbox, { id: "<f3@x>", second: 3, subject: "back\\slash" });
    await one("update", inbox, "<f1@x>", { add_labels: "red" });
    expect(idsOf(await list(inbox, { labels: '["red","unread"]' }))).toEqual(["<f1@x>"]);
    expect(idsOf(await list(inbox, { labels: "red,blue" }))).toEqual([]);
    const between = { after: "2026-01-01T00:00:01Z", before: "2026-01-01T01:00:03+01:00" };
    expect(idsOf(await list(inbox, between))).toEqual(["<f2@x>"]);
    expect(idsOf(await list(inbox, { subject: "50%" }))).toEqual(["<f1@x>"]);
    expect(idsOf(await list(inbox, { subject: "FF_" }))).toEqual(["<f1@x>"]);
    expect(idsOf(await list(inbox, { subject: "\\" }))).toEqual(["<f3@x>"]);
    expect(idsOf(await list(inbox, { to: "BOSS@", subject: '["off","500"]' }))).toEqual(["<f2@x>"]);
    expect(idsOf(await list(inbox, { from: '["ann","nobody"]' }))).toEqual([]);
  });

  it("a page above 100 is refused with a substring filter and taken without one; a NUL is the caller's mistake", async () => {
    const inbox = await makeInbox();
    const refused = await list(inbox, { limit: "101", subject: "x" });
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ code: "too_big", path: ["limit"], maximum: 100 }] },
    });
    expect((await list(inbox, { limit: "101" })).status).toBe(200);
    for (const name of ["from", "to", "subject", "labels"])
      expect((await list(inbox, { [name]: "a\0b" })).status, name).toBe(400);
  });
});

describe("restricted labels", () => {
  it("hide from lists unless included and permitted, and from reads by id unless permitted", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<open@x>" });
    await arrive(inbox, { id: "<spam@x>", file: { name: "a.txt", type: "text/plain", content: "hush" } });
    await one("update", inbox, "<spam@x>", { add_labels: ["spam"] });
    const [spam] = itemsOf(await list(inbox, { include_spam: "true", labels: "spam" }));
    expect(spam?.message_id).toBe("<spam@x>");
    expect(idsOf(await list(inbox, { labels: "spam" }))).toEqual([]);
    expect(idsOf(await list(inbox))).toEqual(["<open@x>"]);
    expect((await one("get", inbox, "<spam@x>")).status).toBe(200);

    const blind = await keyWith(inbox, "message_read", "message_update", "message_delete", "message_send");
    expect(idsOf(await list(inbox, { include_spam: "true" }, blind))).toEqual(["<open@x>"]);
    const absent = await one("get", inbox, "<absent@x>", {}, blind);
    for (const [verb, body] of [
      ["get", {}],
      ["getRaw", {}],
      ["update", { add_labels: ["x"] }],
      ["delete", {}],
      ["reply", { text: "x" }],
      ["forward", { to: "x@outside.test" }],
    ] as const) {
      const answer = await one(verb, inbox, "<spam@x>", body, blind);
      expect({ verb, status: answer.status, text: answer.text }).toEqual({
        verb,
        status: 404,
        text: absent.text,
      });
    }
    const file = await t.call(blind, "inboxes.messages.getAttachment", {
      params: {
        inbox_id: inbox,
        message_id: "<spam@x>",
        attachment_id: spam?.attachments?.[0]?.attachment_id ?? "",
      },
    });
    expect(file).toMatchObject({ status: 404, text: absent.text });
    const ids = { message_ids: ["<spam@x>", "<open@x>"] };
    expect(idsOf(await batch("Get", inbox, ids, blind))).toEqual(["<open@x>"]);
    await batch("Update", inbox, { ...ids, add_labels: ["touched"] }, blind);
    expect((await one("get", inbox, "<spam@x>")).body["labels"]).not.toContain("touched");

    const sighted = await keyWith(inbox, "message_read", "label_spam_read");
    expect(idsOf(await list(inbox, { include_spam: "true" }, sighted))).toContain("<spam@x>");
    expect(idsOf(await list(inbox, {}, sighted))).toEqual(["<open@x>"]);
  });
});

it("a message is found by its row id as well as by its Message-ID, in its own inbox only", async () => {
  const [inbox, other] = [await makeInbox(), await makeInbox()];
  await arrive(inbox, { id: "<named@x>", second: 1 });
  const root = await t.authenticator.authenticate(t.rootToken);
  const get = (at: string, ref: MessageRef) => t.door.run(getMessage, root, { inbox: at }, ref);
  const message = await get(inbox, { messageId: "named@x" });
  expect(await get(inbox, { id: message.id })).toEqual(message);
  for (const [at, ref] of [
    [other, { id: message.id }],
    [inbox, { id: "no uuid" }],
    [inbox, { id: crypto.randomUUID() }],
  ] as const)
    await expect(get(at, ref)).rejects.toMatchObject({ code: "message.not_found" });
});

describe("changing labels", () => {
  it("remove wins over add, repeats change nothing, and the thread shows the union", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<l1@x>", second: 1 });
    await arrive(inbox, { id: "<l2@x>", second: 2, inReplyTo: "<l1@x>" });
    const changed = await one("update", inbox, "<l1@x>", {
      add_labels: ["a", "b", "a"],
      remove_labels: ["b", "unread", "never-there"],
    });
    expect(changed.body).toEqual({ message_id: "<l1@x>", labels: ["received", "a"] });
    const [thread] = itemsOf(
      await t.call(t.rootToken, "inboxes.threads.list", { params: { inbox_id: inbox } }),
      "threads",
    );
    expect(thread?.labels.toSorted()).toEqual(["a", "received", "unread"]);
  });

  it.each([
    [
      "a system label to add",
      { add_labels: ["ok", "sent"] },
      ["add_labels", 1],
      "Cannot use system label: sent",
    ],
    [
      "a system label to remove",
      { remove_labels: "received" },
      ["remove_labels", 0],
      "Cannot use system label: received",
    ],
    ["an empty label", { add_labels: [""] }, ["add_labels", 0], undefined],
    ["a label with a line break", { add_labels: ["a\r\nb"] }, ["add_labels", 0], undefined],
    ["a label of 257 characters", { add_labels: ["x".repeat(257)] }, ["add_labels", 0], undefined],
    [
      "more labels than a message may have",
      { add_labels: Array.from({ length: 99 }, (_, n) => `l${n}`) },
      ["add_labels"],
      undefined,
    ],
    ["neither list", {}, [], undefined],
    ["an object for a label", { add_labels: [{}] }, ["add_labels", 0], undefined],
  ])("refuses %s and changes nothing", async (_what, body, path, message) => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<r@x>" });
    const answer = await one("update", inbox, "<r@x>", body);
    expect(answer.status).toBe(400);
    expect(answer.body["errors"]).toMatchObject([{ path, ...(message !== undefined && { message }) }]);
    expect((await one("get", inbox, "<r@x>")).body["labels"]).toEqual(["received", "unread"]);
  });

  it("two changes of one message at once both count", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<race@x>" });
    const change = (label: string) => one("update", inbox, "<race@x>", { add_labels: [label] });
    const changes = await whileThreadsAreLocked(2, () => Promise.all([change("one"), change("two")]));
    expect(changes.map((answer) => answer.status)).toEqual([200, 200]);
    expect((await one("get", inbox, "<race@x>")).body["labels"]).toEqual(
      expect.arrayContaining(["received", "unread", "one", "two"]),
    );
  });
});

/** Starts `act` while every thread is locked, and lets go when `waiters` of its transactions wait: all have begun by then. */
async function whileThreadsAreLocked<Result>(waiters: number, act: () => Promise<Result>): Promise<Result> {
  const { promise: begun, resolve: begin } = Promise.withResolvers<Promise<Result>>();
  await t.behind(async (tx) => {
    const db = tx.within(systemScope);
    await sql`select from threads for update`.execute(db);
    begin(act());
    await eventually("all wait", async () => {
      const { rows } = await sql<{ n: number }>`
        select count(distinct pid)::int as n from pg_locks where not granted`.execute(db);
      return rows[0]?.n === waiters;
    });
  });
  return begun;
}

describe("batches", () => {
  it("get answers in the order asked, leaves out what is not there and bodies, and says how many were asked", async () => {
    const inbox = await makeInbox();
    const other = await makeInbox();
    for (const id of ["<b1@x>", "<b2@x>"]) await arrive(inbox, { id });
    await arrive(other, { id: "<theirs@x>" });
    const answer = await batch("Get", inbox, { message_ids: ["<b2@x>", "<theirs@x>", "<b1@x>"] });
    expect(idsOf(answer)).toEqual(["<b2@x>", "<b1@x>"]);
    expect(answer.body).toMatchObject({ limit: 3, count: 2 });
    expect(answer.text).not.toContain("Hello.\\n");
    for (const message_ids of [[], ["<b1@x>", "<b1@x>"], Array.from({ length: 501 }, (_, n) => `<${n}@x>`)])
      expect((await batch("Get", inbox, { message_ids })).status).toBe(400);
  });

  it("update changes all that are there, or none when one would have too many labels", async () => {
    const inbox = await makeInbox();
    for (const id of ["<u1@x>", "<u2@x>"]) await arrive(inbox, { id });
    const ids = ["<u2@x>", "<absent@x>", "<u1@x>"];
    const answer = await batch("Update", inbox, {
      message_ids: ids,
      add_labels: ["done"],
      remove_labels: ["unread"],
    });
    expect(answer.body).toMatchObject({ limit: 3, count: 2 });
    expect(answer.body["updates"]).toEqual([
      { message_id: "<u2@x>", labels: ["received", "done"] },
      { message_id: "<u1@x>", labels: ["received", "done"] },
    ]);
    await one("update", inbox, "<u2@x>", { add_labels: Array.from({ length: 98 }, (_, n) => `l${n}`) });
    const refused = await batch("Update", inbox, { message_ids: ids, add_labels: ["one-more"] });
    expect(refused.status).toBe(400);
    expect((await one("get", inbox, "<u1@x>")).body["labels"]).toEqual(["received", "done"]);
    const many = Array.from({ length: 51 }, (_, n) => `<${n}@x>`);
    expect((await batch("Update", inbox, { message_ids: many, add_labels: ["a"] })).status).toBe(400);
  });
});

describe("downloads", () => {
  const open = (token: string, now = new Date()) => {
    const app = new Hono();
    mountFiles(app, v0, {
      door: t.door,
      database: t.database,
      sealer: t.sealer,
      clock: { ...systemClock, now: () => now },
    });
    return app.request(`/v0/files/${token}`);
  };

  async function link(file: ArrivingMail["file"]): Promise<{ token: string; expiresAt: Date }> {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<d@x>", ...(file !== undefined && { file }) });
    const [item] = itemsOf(await list(inbox));
    const { body } = await t.call(t.rootToken, "inboxes.messages.getAttachment", {
      params: {
        inbox_id: inbox,
        message_id: "<d@x>",
        attachment_id: item?.attachments?.[0]?.attachment_id ?? "",
      },
    });
    const token = String(body["download_url"]).split("/v0/files/")[1] ?? "";
    return { token, expiresAt: new Date(String(body["expires_at"])) };
  }

  it("gives the bytes without a key, never to be run or shown as a page", async () => {
    const { token } = await link({ name: 'é "x".html', type: "text/html", content: "<script>1</script>" });
    const answer = await open(token);
    expect({ status: answer.status, text: await answer.text() }).toEqual({
      status: 200,
      text: "<script>1</script>",
    });
    expect(answer.headers.get("content-disposition")).toBe(
      `attachment; filename="_ _x_.html"; filename*=UTF-8''%C3%A9%20%22x%22.html`,
    );
    expect(answer.headers.get("content-length")).toBe("18");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
  });

  it.each([
    ["text/csv; charset=utf-8", "text/csv; charset=utf-8"],
    ["text/csv; name=é", "application/octet-stream"],
  ])("of a file sent as %s the media type is %s", async (content_type, served) => {
    const inbox = await makeInbox();
    const attachments = [{ content: "YQ==", content_type }];
    const body = { to: "human@outside.test", attachments };
    await t.call(t.rootToken, "inboxes.messages.send", { params: { inbox_id: inbox }, body });
    const [item] = itemsOf(await list(inbox));
    const params = {
      inbox_id: inbox,
      message_id: item?.message_id ?? "",
      attachment_id: item?.attachments?.[0]?.attachment_id ?? "",
    };
    const file = await t.call(t.rootToken, "inboxes.messages.getAttachment", { params });
    const answer = await open(String(file.body["download_url"]).split("/v0/files/")[1] ?? "");
    expect(answer.headers.get("content-type")).toBe(served);
  });

  it("a link that was changed, forged with another purpose, cut, or outlived is 403 and tells nothing", async () => {
    const { token, expiresAt } = await link({ name: "a", type: "text/plain", content: "hush" });
    const [claim = "", signature = ""] = token.split(".");
    const other = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(claim, "base64url").toString()), n: "other" }),
    ).toString("base64url");
    const lastSecond = new Date(expiresAt.getTime() - 1);
    expect((await open(token, lastSecond)).status).toBe(200);
    expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(DOWNLOAD_SECONDS * 1000);
    const answers = [
      await open(token, expiresAt),
      await open(`${other}.${signature}`),
      await open(`${claim}.${t.sealer.sign(claim, "another purpose")}`),
      await open(`${claim}.`),
      await open(claim),
      await open("%00.%ff"),
    ];
    const said = await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]));
    expect(new Set(said.map((entry) => JSON.stringify(entry))).size).toBe(1);
    expect(said[0]?.[0]).toBe(403);
    expect(said[0]?.[1]).not.toContain("hush");
  });
});

describe("an Idempotency-Key", () => {
  it("is an inbox's own: whoever uses it next door learns nothing of that, and does not use it up", async () => {
    const inboxes = [await makeInbox(), await makeInbox()];
    const sent = inboxes.map(async (inbox_id) => {
      const token = await keyWith(inbox_id, "message_send", "message_read");
      const asked = { params: { inbox_id }, headers: { "idempotency-key": "monday" } };
      const send = (text: string) =>
        t.call(token, "inboxes.messages.send", { ...asked, body: { to: "x@outside.test", text } });
      const first = await send(inbox_id);
      expect(first.status, first.text).toBe(200);
      expect(await send(inbox_id)).toEqual(first);
      expect((await send("another")).status).toBe(409);
      return first.body["message_id"];
    });
    expect(new Set(await Promise.all(sent)).size).toBe(2);
  });
});
