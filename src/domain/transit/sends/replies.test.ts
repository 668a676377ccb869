import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { type Answer, openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_RECIPIENTS } from "../../limits.ts";

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

const one = (verb: string, inbox: string, id: string, body: unknown = {}, key?: string) =>
  t.call(t.rootToken, `inboxes.messages.${verb}`, {
    params: { inbox_id: inbox, message_id: id },
    body,
    ...(key !== undefined && { headers: { "idempotency-key": key } }),
  });

/** What was sent, as the inbox shows it. */
const sent = async (inbox: string, answer: Answer): Promise<Record<string, unknown>> =>
  (await one("get", inbox, String(answer.body["message_id"]))).body;

describe("a reply to all", () => {
  it("goes once to everybody, and not to the inbox itself under any tag or case", async () => {
    const inbox = await makeInbox();
    const tagged = inbox.replace("@", "+Invoices@");
    const cc = `Me <${tagged}>, ${inbox.toUpperCase()}, HUMAN@outside.test, Boss <boss@two.test>, boss@two.test`;
    await arrive(inbox, { id: "<all@x>", headers: `Cc: ${cc}\r\n` });
    expect(await sent(inbox, await one("replyAll", inbox, "<all@x>", { text: "Yes." }))).toMatchObject({
      to: ["Human <human@outside.test>"],
      cc: ["Boss <boss@two.test>"],
    });
  });

  it("is refused when they are more than a message may have, and sent when they are just as many", async () => {
    const inbox = await makeInbox();
    const others = Array.from({ length: MAX_RECIPIENTS }, (_, n) => `p${n}@many.test`);
    await arrive(inbox, { id: "<many@x>", headers: `Cc: ${others.join(",\r\n ")}\r\n` });
    const refused = await one("replyAll", inbox, "<many@x>", { text: "Yes." });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: [] }] } });
    expect(refused.text).toContain(`${MAX_RECIPIENTS} recipients at most`);

    await arrive(inbox, { id: "<few@x>", headers: `Cc: ${others.slice(1).join(",\r\n ")}\r\n` });
    const message = await sent(inbox, await one("replyAll", inbox, "<few@x>", { text: "Yes." }));
    expect(message["cc"]).toEqual(others.slice(1));
  });
});

it("two replies that wait while their thread is deleted are refused, and leave no thread behind", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<going@x>" });
  const { promise: begun, resolve: begin } = Promise.withResolvers<Promise<Answer[]>>();
  await t.behind(async (tx) => {
    const db = tx.within(systemScope);
    await sql`select from threads for update`.execute(db);
    begin(Promise.all(["a", "b"].map((text) => one("reply", inbox, "<going@x>", { text }))));
    await eventually("both wait", async () => {
      const { rows } = await sql<{ n: number }>`
        select count(distinct pid)::int as n from pg_locks where not granted`.execute(db);
      return rows[0]?.n === 2;
    });
    await sql`delete from threads where id in (select thread_id from messages where message_id = '<going@x>')`.execute(
      db,
    );
  });
  expect((await await begun).map((answer) => answer.status)).toEqual([404, 404]);
  const threads = await t.call(t.rootToken, "inboxes.threads.list", { params: { inbox_id: inbox } });
  expect(threads.body).toMatchObject({ count: 0 });
});

describe("an Idempotency-Key", () => {
  it.each([
    ["reply", { text: "Yes." }],
    ["replyAll", { text: "Yes." }],
    ["forward", { to: "x@outside.test" }],
  ])("gives the answer of a %s again when the message it was about is gone", async (verb, body) => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<gone@x>" });
    const first = await one(verb, inbox, "<gone@x>", body, "once");
    await one("delete", inbox, "<gone@x>");
    expect(await one(verb, inbox, "<gone@x>", body, "once")).toEqual(first);
    expect((await one(verb, inbox, "<gone@x>", body, "twice")).status).toBe(404);
  });

  it("is free again when the message to answer was not there", async () => {
    const inbox = await makeInbox();
    expect((await one("reply", inbox, "<late@x>", { text: "Yes." }, "late")).status).toBe(404);
    await arrive(inbox, { id: "<late@x>" });
    expect((await one("reply", inbox, "<late@x>", { text: "Yes." }, "late")).status).toBe(200);
  });
});

describe("a key that may send and not read", () => {
  async function keyWith(inbox: string, ...permissions: string[]): Promise<string> {
    const made = await t.call(t.rootToken, "inboxes.apiKeys.create", {
      params: { inbox_id: inbox },
      body: { permissions: Object.fromEntries(permissions.map((name) => [name, true])) },
    });
    return String(made.body["api_key"]);
  }
  const as = (token: string, verb: string, inbox: string, body: unknown) =>
    t.call(token, `inboxes.messages.${verb}`, {
      params: { inbox_id: inbox, message_id: "<private@x>" },
      body,
    });

  it("cannot forward a message, nor tell others its subject by a reply to them", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<private@x>" });
    const [blind, sighted] = [
      await keyWith(inbox, "message_send"),
      await keyWith(inbox, "message_send", "message_read"),
    ];
    const elsewhere = "me@outside.test";
    for (const [verb, body] of [
      ["forward", { to: elsewhere }],
      ["reply", { to: elsewhere, text: "x" }],
      ["reply", { cc: elsewhere, text: "x" }],
      ["reply", { bcc: [elsewhere], text: "x" }],
    ] as const) {
      const refused = await as(blind, verb, inbox, body);
      expect(refused, verb).toMatchObject({ status: 403, body: { code: "missing_permission" } });
      expect(refused.body["fix"]).toContain("message_read");
      expect(await as(sighted, verb, inbox, body)).toMatchObject({ status: 200 });
    }
    expect(await as(blind, "reply", inbox, { text: "x" })).toMatchObject({ status: 200 });
    expect(await as(blind, "replyAll", inbox, { text: "x" })).toMatchObject({ status: 200 });
  });
});
