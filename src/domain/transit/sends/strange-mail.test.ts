/** Mail with unusual addresses and ids, answered and threaded like any other. */
import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";

let t: TestDoor;
let arrive: (address: string, raw: Uint8Array) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = bytesInto(t);
});
afterAll(async () => {
  await t.close();
});

const makeInbox = async (): Promise<string> =>
  String((await t.call(t.rootToken, "inboxes.create")).body["inbox_id"]);

const specimen = (name: string): Buffer =>
  readFileSync(new URL(`../../../protocols/mime/fixtures/cases/${name}.eml`, import.meta.url));

const mail = (...lines: readonly string[]): Buffer => Buffer.from([...lines, "", "Hello."].join("\r\n"));

/** The recipients of a reply that names none. */
async function answered(raw: Uint8Array, id: string): Promise<unknown> {
  const inbox = await makeInbox();
  await arrive(inbox, raw);
  const reply = await t.call(t.rootToken, "inboxes.messages.reply", {
    params: { inbox_id: inbox, message_id: id },
    body: { text: "Yes." },
  });
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  const params = { inbox_id: inbox, message_id: String(reply.body["message_id"]) };
  return (await t.call(t.rootToken, "inboxes.messages.get", { params })).body["to"];
}

const threadsOf = async (inbox: string): Promise<unknown> =>
  (await t.call(t.rootToken, "inboxes.threads.list", { params: { inbox_id: inbox } })).body["count"];

describe("who wrote can be answered, at exactly that address", () => {
  it.each([
    ["address-two-dots", "<case-81@example.com>", "Taro <taro..1970@carrier.example>"],
    ["address-quoted-local-part", "<case-84@example.com>", '"front desk"@example.com'],
    ["address-comment", "<case-86@example.com>", "Pete <pete@silly.example>"],
  ])("%s", async (name, id, to) => {
    expect(await answered(specimen(name), id)).toEqual([to]);
  });

  it.each([
    ["taro.@carrier.example", "taro.@carrier.example"],
    [".taro@carrier.example", ".taro@carrier.example"],
    ['Desk <"a<b,c"@x.test>', 'Desk <"a<b,c"@x.test>'],
    ['"a\\"b"@x.test', '"a\\"b"@x.test'],
    ["Jane <front desk@x.test>", 'Jane <"front desk"@x.test>'],
    [`${"b".repeat(100)}@bounces.test`, `${"b".repeat(100)}@bounces.test`],
    ["jane@my_host.test", "jane@my_host.test"],
    ["jane@हिन्दी.test", "jane@हिन्दी.test"],
    ["<@relay.test,@other.test:jane@x.test>", "jane@x.test"],
    ["jane @ x . test", "jane@x.test"],
    ["jane@x.test.", "jane@x.test"],
    ["=?utf-8?Q?Jane_=3Cjane=40x.test=3E?=", "Jane <jane@x.test>"],
  ])("%s", async (from, to) => {
    expect(
      await answered(mail(`From: ${from}`, "Message-ID: <1@x.test>", "Subject: x"), "<1@x.test>"),
    ).toEqual([to]);
  });
});

describe("an answer joins what it answers", () => {
  it.each(["thread-encoded-in-reply-to", "thread-two-ids"])("%s", async (name) => {
    const inbox = await makeInbox();
    await arrive(inbox, specimen(`${name}-a`));
    await arrive(inbox, specimen(`${name}-b`));
    expect(await threadsOf(inbox)).toBe(1);
  });

  it.each([
    ["the last of three ids", "In-Reply-To: <0@x> <9@x> <1@x>"],
    ["ids with commas and words", "In-Reply-To: your mail <0@x>, and <1@x> of Monday"],
    ["encoded references", "References: =?us-ascii?Q?=3C0=40x=3E_=3C1=40x=3E?="],
    ["an encoded id beside a plain one", "In-Reply-To: <0@x>\r\n =?utf-8?B?PDFAeD4=?="],
  ])("by %s", async (_what, field) => {
    const inbox = await makeInbox();
    await arrive(inbox, mail("From: a@x.test", "Message-ID: <1@x>", "Subject: Question"));
    await arrive(inbox, mail("From: b@x.test", "Message-ID: <2@x>", "Subject: Answer", field));
    expect(await threadsOf(inbox)).toBe(1);
  });

  it("and not what only has the same subject", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, mail("From: a@x.test", "Message-ID: <1@x>", "Subject: Question"));
    await arrive(inbox, mail("From: a@x.test", "Message-ID: <2@x>", "Subject: Re: Question"));
    expect(await threadsOf(inbox)).toBe(2);
  });
});

describe("an invitation that is forwarded", () => {
  it.each([
    ["text/calendar; charset=utf-8; method=REQUEST", "text/calendar; charset=utf-8; method=REQUEST"],
    [
      "text/calendar; method=CANCEL; charset=windows-1251",
      "text/calendar; charset=windows-1251; method=CANCEL",
    ],
  ])("keeps its method and charset: %s", async (type, written) => {
    const inbox = await makeInbox();
    const parts = ["--b", "", "Please come.", "--b", `Content-Type: ${type}`, "", "BEGIN:VCALENDAR", "--b--"];
    const head = ["From: a@x.test", "Message-ID: <1@x>", "Content-Type: multipart/mixed; boundary=b", ""];
    await arrive(inbox, Buffer.from([...head, ...parts].join("\r\n")));
    const forwarded = await t.call(t.rootToken, "inboxes.messages.forward", {
      params: { inbox_id: inbox, message_id: "<1@x>" },
      body: { to: "b@outside.test" },
    });
    const params = { inbox_id: inbox, message_id: String(forwarded.body["message_id"]) };
    const sent = await t.call(t.rootToken, "inboxes.messages.get", { params });
    expect(sent.body["attachments"]).toMatchObject([{ content_type: written }]);
    const raw = await t.behind(async (tx) => {
      const { rows } = await sql<{ content: Buffer }>`
        select content from blobs b join messages m on m.pod_id = b.pod_id and m.raw_sha256 = b.sha256
        where m.message_id = ${params.message_id}`.execute(tx.within(systemScope));
      return rows[0]?.content.toString() ?? "";
    });
    expect(raw.replaceAll(/\r\n\s+/g, " ")).toContain(`Content-Type: ${written}`);
  });
});
