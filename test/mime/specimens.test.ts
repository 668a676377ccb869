/** Mails as the world writes them, from SMTP to what the API gives: each as its sender meant it, and answerable. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app.stop());

type Json = Readonly<Record<string, unknown>>;

/** What an inbox of its own shows when the mails have arrived. */
interface Shown {
  readonly inbox: string;
  /** In the order of their timestamps, oldest first. */
  readonly messages: readonly Json[];
  readonly threads: number;
}

/** Without its last line end, which `sendMail` writes. */
const specimen = (name: string): Buffer =>
  readFileSync(new URL(`../../src/protocols/mime/fixtures/cases/${name}.eml`, import.meta.url)).subarray(
    0,
    -2,
  );

async function ask(path: string, body?: unknown): Promise<Json> {
  const answer = await app.request(body === undefined ? "GET" : "POST", `/v0/inboxes/${path}`, { body });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}

/** Cast: the API's lists are arrays of objects. */
const listed = (body: Json, key: string): readonly Json[] => body[key] as readonly Json[];

const pathOf = ({ inbox_id, message_id }: Json): string =>
  `${inbox_id}/messages/${encodeURIComponent(String(message_id))}`;

async function shownOf(names: readonly string[]): Promise<Shown> {
  const created = await app.request("POST", "/v0/inboxes", { body: {} });
  const inbox = String(created.body["inbox_id"]);
  for (const name of names)
    expect(await sendMail(app.smtpPort, "sender@outside.test", [inbox], specimen(name))).toMatch(/^250 /);
  const items = listed(await ask(`${inbox}/messages?ascending=true`), "messages");
  const messages = await Promise.all(items.map((item) => ask(pathOf(item))));
  return { inbox, messages, threads: listed(await ask(`${inbox}/threads`), "threads").length };
}

/** The attachments of a message, as a client would download them. */
async function filesOf(message: Json): Promise<{ name: unknown; type: unknown; content: Buffer }[]> {
  return Promise.all(
    listed({ attachments: [], ...message }, "attachments").map(async (attachment) => {
      const link = await ask(`${pathOf(message)}/attachments/${attachment["attachment_id"]}`);
      const answer = await fetch(String(link["download_url"]));
      const content = Buffer.from(await answer.arrayBuffer());
      return { name: attachment["filename"], type: attachment["content_type"], content };
    }),
  );
}

/** To whom a reply without recipients goes. */
async function repliedTo(message: Json): Promise<unknown> {
  const sent = await ask(`${pathOf(message)}/reply`, { text: "Thank you." });
  return (await ask(`${message["inbox_id"]}/messages/${encodeURIComponent(String(sent["message_id"]))}`))[
    "to"
  ];
}

describe("what is shown of one mail", () => {
  test.each<[string, Json]>([
    ["base64-junk-behind-end", { text: "file attached\n" }],
    ["base64-list-footer", { text: "Hello list,\nhere is the news.\n" }],
    [
      "base64-not-encoded",
      { text: "Hello, the door of hall 3 is open.\nPlease close it, or call 5551234.\n" },
    ],
    ["body-inline-with-name", { text: "We accept the offer.\n", preview: "We accept the offer." }],
    ["charset-hz", { text: "你好 hello\n" }],
    ["charset-ibm850", { text: "Größe 42, né à Liège\n" }],
    ["charset-utf-7", { text: "Grüße aus Köln + bis bald\n" }],
    ["date-zone-cest", { timestamp: "2026-08-20T08:00:00.000Z" }],
    ["file-text-name-only", { text: "The log is attached.\n" }],
    [
      "header-ends-in-blanks",
      { text: "Your order 17 has shipped.\nIt arrives on Friday.\n", subject: "Order shipped" },
    ],
    [
      "header-no-empty-line",
      {
        text: "Dear customer,\nyour order 17 has shipped.\nIt arrives on Friday.\n",
        subject: "Order shipped",
      },
    ],
    ["html-meta-koi8r", { html: expect.stringContaining("Добрый день") }],
    ["japanese-subject-two-words", { subject: "ご注文の商品は明日東京の倉庫から発送いたします" }],
    ["korean-cp949", { text: "주문이 안됬네요. 펲시 두 개 뷁.\n" }],
    ["type-multipart-no-semicolon", { text: "Invoice attached.\n" }],
    ["word-raw-8bit", { subject: "Frösche und Grüße" }],
    ["word-unknown-8bit", { subject: "Größe 42" }],
  ])("%s", async (name, fields) => {
    const { messages, threads } = await shownOf([name]);
    expect([messages.length, threads]).toEqual([1, 1]);
    expect(messages[0]).toMatchObject(fields);
  });
});

describe("its files, byte for byte", () => {
  test.each<[string, string, string, string]>([
    ["base64-junk-behind-end", "f.pdf", "application/pdf", "%PDF-1.4 a file"],
    ["body-inline-with-name", "r.pdf", "application/pdf", "%PDF-1.4 r"],
    ["file-text-name-only", "server.log", "text/plain", "error 17 at noon"],
    ["name-words-in-pieces", "Ångström Übersicht.pdf", "application/pdf", "%PDF-1.4"],
    ["type-multipart-no-semicolon", "invoice.pdf", "application/pdf", "%PDF-1.4 invoice 17"],
    ["type-pdf-no-semicolon", "invoice.pdf", "application/pdf", "%PDF-1.4 invoice 17"],
  ])("%s", async (specimenName, name, type, content) => {
    const { messages } = await shownOf([specimenName]);
    expect(await filesOf(messages[0] ?? {})).toEqual([{ name, type, content: Buffer.from(content) }]);
  });

  test("uuencode-file", async () => {
    const { messages } = await shownOf(["uuencode-file"]);
    const [file] = await filesOf(messages[0] ?? {});
    expect(file?.name).toBe("all.bin");
    expect(
      createHash("sha256")
        .update(file?.content ?? "")
        .digest("hex"),
    ).toBe("40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880");
  });
});

describe("its sender, who can be answered", () => {
  test.each([
    ["address-comment", "Pete <pete@silly.example>", ["Pete <pete@silly.example>"]],
    ["address-quoted-local-part", '"front desk"@example.com', ['"front desk"@example.com']],
    ["address-two-dots", "Taro <taro..1970@carrier.example>", ["Taro <taro..1970@carrier.example>"]],
  ])("%s", async (name, from, to) => {
    const { messages } = await shownOf([name]);
    expect(messages[0]?.["from"]).toBe(from);
    expect(await repliedTo(messages[0] ?? {})).toEqual(to);
  });
});

describe("of two mails", () => {
  test.each(["thread-encoded-in-reply-to", "thread-two-ids"])("%s is one thread", async (name) => {
    const { messages, threads } = await shownOf([`${name}-a`, `${name}-b`]);
    expect([messages.length, threads]).toEqual([2, 1]);
    if (name === "thread-encoded-in-reply-to")
      expect(messages.map((message) => message["in_reply_to"])).toContain(
        "<CAF-long-identifier-of-a-first-message-0123456789@mail.example.com>",
      );
  });

  test("both are listed and answered when they have one Message-ID", async () => {
    const { messages } = await shownOf(["same-id-two-mails-a", "same-id-two-mails-b"]);
    const id = "<notice-100@carrier.example>";
    expect(messages.map(({ text }) => String(text).slice(0, 10))).toEqual(["Parcel 111", "Parcel 222"]);
    expect(messages[0]?.["message_id"]).toBe(id);
    expect(messages[1]?.["message_id"]).not.toBe(id);
    expect(messages[1]?.["headers"]).toMatchObject({ "Message-ID": id });
    const sent = await ask(`${pathOf(messages[1] ?? {})}/reply`, { text: "On Friday." });
    expect(sent["thread_id"]).toBe(messages[1]?.["thread_id"]);
    const reply = await ask(
      `${messages[1]?.["inbox_id"]}/messages/${encodeURIComponent(String(sent["message_id"]))}`,
    );
    expect(reply).toMatchObject({ in_reply_to: id, references: [id] });
  });
});
