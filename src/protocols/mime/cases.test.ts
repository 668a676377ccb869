/** Mails as programs in the world write them, each read as its sender meant it. The kinds have more cases in the tests beside their code. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inProcessCodec, type ReadMail } from "./mime-codec.ts";
import { type ParsedMail, parseMail } from "./parse.ts";

const folder = new URL("fixtures/cases/", import.meta.url);

const read = (name: string): ParsedMail => parseMail(readFileSync(new URL(`${name}.eml`, folder)));

type Outcome = Partial<Omit<ParsedMail, "attachments" | "date">> & {
  readonly date?: string;
  readonly files?: readonly (readonly [name: string, type: string, content: string])[];
};

/** What is not named is not looked at, but for files: there are no others. */
const outcomes: Readonly<Record<string, Outcome>> = {
  "address-comment": { fromText: "Pete <pete@silly.example>" },
  "address-quoted-local-part": { fromText: '"front desk"@example.com' },
  "address-two-dots": { fromText: "Taro <taro..1970@carrier.example>" },
  "base64-junk-behind-end": {
    text: "file attached\n",
    files: [["f.pdf", "application/pdf", "%PDF-1.4 a file"]],
  },
  "base64-list-footer": { text: "Hello list,\nhere is the news.\n" },
  "base64-not-encoded": {
    text: "Hello, the door of hall 3 is open.\nPlease close it, or call 5551234.\n",
  },
  "body-inline-with-name": {
    text: "We accept the offer.\n",
    files: [["r.pdf", "application/pdf", "%PDF-1.4 r"]],
  },
  "charset-hz": { text: "你好 hello\n" },
  "charset-ibm850": { text: "Größe 42, né à Liège\n" },
  "charset-utf-7": { text: "Grüße aus Köln + bis bald\n", subject: "Grüße" },
  "date-zone-cest": { date: "2026-08-20T08:00:00.000Z" },
  "file-text-name-only": {
    text: "The log is attached.\n",
    files: [["server.log", "text/plain", "error 17 at noon"]],
  },
  "header-ends-in-blanks": {
    text: "Your order 17 has shipped.\nIt arrives on Friday.\n",
    subject: "Order shipped",
  },
  "header-no-empty-line": {
    text: "Dear customer,\nyour order 17 has shipped.\nIt arrives on Friday.\n",
    subject: "Order shipped",
  },
  "html-meta-koi8r": {
    html: '<html><head><meta http-equiv="Content-Type" content="text/html; charset=koi8-r"></head><body><p>Добрый день</p></body></html>\n',
  },
  "japanese-subject-two-words": { subject: "ご注文の商品は明日東京の倉庫から発送いたします" },
  "korean-cp949": { text: "주문이 안됬네요. 펲시 두 개 뷁.\n" },
  "name-words-in-pieces": { files: [["Ångström Übersicht.pdf", "application/pdf", "%PDF-1.4"]] },
  "same-id-two-mails-a": { messageId: "<notice-100@carrier.example>", subject: "Parcel 111 arrives today" },
  "same-id-two-mails-b": {
    messageId: "<notice-100@carrier.example>",
    subject: "Parcel 222 could not be delivered",
  },
  "thread-encoded-in-reply-to-a": {
    messageId: "<CAF-long-identifier-of-a-first-message-0123456789@mail.example.com>",
  },
  "thread-encoded-in-reply-to-b": {
    inReplyTo: "<CAF-long-identifier-of-a-first-message-0123456789@mail.example.com>",
  },
  "thread-two-ids-a": {
    messageId: "<CAF-long-identifier-of-a-first-message-0123456789@mail.example.com>",
  },
  "thread-two-ids-b": {
    ancestors: [
      "<unknown-1@example.org>",
      "<CAF-long-identifier-of-a-first-message-0123456789@mail.example.com>",
    ],
  },
  "type-multipart-no-semicolon": {
    text: "Invoice attached.\n",
    files: [["invoice.pdf", "application/pdf", "%PDF-1.4 invoice 17"]],
  },
  "type-pdf-no-semicolon": { files: [["invoice.pdf", "application/pdf", "%PDF-1.4 invoice 17"]] },
  "word-raw-8bit": { subject: "Frösche und Grüße" },
  "word-unknown-8bit": { subject: "Größe 42" },
};

/** The whole reply, white space aside; or, in a list, what must be in it. */
const replies: Readonly<Record<string, string | readonly string[]>> = {
  "form-enquiry": ["You have a new enquiry.", "Phone: 555 1234", "Is the boat still for sale?"],
  "form-trip": ["From: Berlin (BER)", "Passenger: Jane Example"],
  "forward-german": ["Please pay this.", "Invoice 17 over 420 EUR"],
  "forward-header-block": ["Please pay this.", "Invoice 17 over 420 EUR"],
  "forward-italian": ["Please pay this.", "Invoice 17 over 420 EUR"],
  "history-danish-original": "We take Friday.",
  "history-dashes-wrote": "We take Friday.",
  "history-french-no-break-space": "We take Friday.",
  "history-german-sent-first": "We take Friday.",
  "quoted-log": ["The server prints this:", "> GET /b 500", "Can you look at it?"],
  "reply-tight-one-line": "Yes, go ahead with 3 units.",
  "reply-tight-three-lines": "Hi, please cancel order 17. Thanks, Jane",
  "reply-wrapped-quote": "We take Friday.",
};

/** The same of HTML as it is displayed. */
const htmlReplies: Readonly<Record<string, string | readonly string[]>> = {
  "html-answers-inside-quote": ["See my answers below.", "Friday.", "Gate 4."],
  "html-attribution-blockquote": "We take Friday.",
  "html-header-block": "We take Friday.",
};

describe("a mail of the world is read as it was meant", () => {
  test.each(Object.entries(outcomes))("%s", (name, { files = [], date, ...fields }) => {
    const mail = read(name);
    expect(mail).toMatchObject(fields);
    if (date !== undefined) expect(mail.date?.toISOString()).toBe(date);
    expect(
      mail.attachments.map(({ filename, contentType, content }) => [
        filename,
        contentType,
        Buffer.from(content).toString(),
      ]),
    ).toEqual(files);
  });

  test.each(Object.entries(replies))("%s", async (name, reply) => {
    expectReply((await readWhole(name)).extractedText, reply);
  });

  test.each(Object.entries(htmlReplies))("%s", async (name, reply) => {
    const { extractedHtml } = await readWhole(name);
    expectReply(extractedHtml?.replace(/<[^>]*>/g, " ") ?? null, reply);
  });

  test("uuencode-file", () => {
    const [file] = read("uuencode-file").attachments;
    expect(file?.filename).toBe("all.bin");
    expect(
      createHash("sha256")
        .update(file?.content ?? "")
        .digest("hex"),
    ).toBe("40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880");
  });

  test("each specimen has its outcome", () => {
    const names = readdirSync(folder)
      .filter((name) => name.endsWith(".eml"))
      .map((name) => name.replace(".eml", ""));
    expect(names.filter((name) => !(name in outcomes || name in replies || name in htmlReplies))).toEqual([
      "uuencode-file",
    ]);
  });
});

const readWhole = (name: string): Promise<ReadMail> =>
  inProcessCodec.read(readFileSync(new URL(`${name}.eml`, folder)), "");

function expectReply(found: string | null, reply: string | readonly string[]): void {
  if (typeof reply === "string") expect(found?.replace(/\s+/g, " ").trim()).toBe(reply);
  else for (const words of reply) expect(found).toContain(words);
}
