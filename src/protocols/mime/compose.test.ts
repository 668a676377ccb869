import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MailAddress } from "../address/index.ts";
import { flawOf } from "../smtp/wire-form.ts";
import { type ComposeAttachment, composeMail, type MailToCompose } from "./compose.ts";
import { parseMail } from "./parse.ts";

const plain: MailToCompose = {
  messageId: "<1@x.test>",
  date: new Date("2024-01-01T09:00:00Z"),
  from: { name: "Ann", address: "ann@x.test" },
  to: [{ name: null, address: "bob@y.test" }],
  cc: [],
  replyTo: [],
  subject: "Hello",
  text: "Text",
  html: null,
  inReplyTo: null,
  references: [],
  headers: {},
  attachments: [],
};

const file: ComposeAttachment = {
  filename: "a.bin",
  contentType: "application/octet-stream",
  disposition: "attachment",
  contentId: null,
  content: Buffer.from("content"),
};

/** What a line of a header may hold: any character but controls, and no white space at its ends or twice. */
const inline = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({
      unit: fc.oneof(
        fc.constantFrom(..."ab \"'<>,;:@()[]\\=?_.%-/äß€日😀\u202e"),
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
      ),
      maxLength,
    })
    .map((text) => text.replaceAll(/[\p{Cc}\p{Z}]+/gu, " ").trim());

const body = fc
  .array(
    fc.oneof(
      fc.string({ unit: fc.constantFrom(..."abc .->=\t€😀"), maxLength: 120 }),
      fc.constantFrom(
        "From x",
        ".",
        "..",
        "--",
        "-- ",
        " x",
        "x ",
        "> x",
        "x".repeat(2000),
        "word ".repeat(300),
      ),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((lines) => lines.join("\n"))
  .filter((text) => text !== "");

const mailbox: fc.Arbitrary<MailAddress> = fc.record({
  name: fc.option(inline(80).filter((name) => name !== "")),
  address: fc.constantFrom("a@x.test", "first.last+tag@sub.x.test", "müller@münchen.test", "o'neil@x.test"),
});

const messageId = fc.stringMatching(/^[a-z0-9.$+=_-]{1,60}@[a-z0-9.-]{1,40}$/).map((id) => `<${id}>`);

describe("what is composed comes back whole", () => {
  const back = async (over: Partial<MailToCompose>) => parseMail(await composeMail({ ...plain, ...over }));

  test("subject, date and ids", async () => {
    const ids = fc.array(messageId, { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        inline(300),
        messageId,
        fc.option(messageId),
        ids,
        async (subject, id, inReplyTo, references) => {
          const mail = await back({ subject, messageId: id, inReplyTo, references });
          expect(mail.subject).toBe(subject === "" ? null : subject);
          expect(mail.messageId).toBe(id);
          expect(mail.inReplyTo).toBe(inReplyTo);
          expect(mail.references).toEqual([...new Set(references)]);
          expect(mail.date).toEqual(plain.date);
        },
      ),
      { seed: 0x5eed, numRuns: 500 },
    );
  });

  test("names and addresses", async () => {
    const list = fc.array(mailbox, { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(list, list, list, async (to, cc, replyTo) => {
        const mail = await back({ to, cc, replyTo });
        expect({ to: mail.to, cc: mail.cc, replyTo: mail.replyTo }).toEqual({ to, cc, replyTo });
      }),
      { seed: 0x5eed, numRuns: 500 },
    );
  });

  test("text and HTML", async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(body), fc.option(body), async (text, html) => {
        const mail = await back({ text, html });
        // A mail of one part ends in a line end; that of a multipart's last line belongs to the delimiter.
        const ended = (content: string | null): string | null => content?.replace(/\n?$/, "\n") ?? null;
        const exact = text !== null && html !== null;
        expect(exact ? mail.text : ended(mail.text)).toBe(exact ? text : ended(text));
        expect(exact ? mail.html : ended(mail.html)).toBe(exact ? html : ended(html));
      }),
      { seed: 0x5eed, numRuns: 500 },
    );
  });

  test("attachments", async () => {
    const attachment = fc.record({
      filename: fc.option(
        inline(100)
          .map((name) => name.replaceAll(/[/\\\u202e]/g, "").trim())
          .filter((name) => !["", ".", ".."].includes(name)),
      ),
      contentType: fc.constantFrom(
        "application/pdf",
        "text/plain",
        "text/html",
        "text/csv",
        "text/calendar",
        "image/png",
        "application/x",
      ),
      disposition: fc.constant("attachment" as const),
      contentId: fc.option(fc.stringMatching(/^[a-z0-9.-]{1,40}@[a-z0-9.-]{1,20}$/)),
      content: fc
        .oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.constant(Buffer.from("a\r\nb\nc\rd\n")),
          fc.constant(new Uint8Array()),
        )
        .map((content) => Buffer.from(content)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(attachment, { maxLength: 4 }), async (attachments) => {
        const mail = await back({ attachments });
        expect(
          mail.attachments.map((each) => ({ ...each, content: Buffer.from(each.content).toString("hex") })),
        ).toEqual(attachments.map((each) => ({ ...each, content: each.content.toString("hex") })));
        expect(mail.text?.trimEnd()).toBe("Text");
      }),
      { seed: 0x5eed, numRuns: 300 },
    );
  });

  test("inline images and inline text files", async () => {
    const image = {
      ...file,
      filename: "a.png",
      contentType: "image/png",
      disposition: "inline" as const,
      contentId: "1@x",
    };
    const note = { ...file, filename: "note.txt", contentType: "text/plain", disposition: "inline" as const };
    const mail = await back({ html: '<img src="cid:1@x">', attachments: [image, note] });
    expect(mail.text).toBe("Text");
    expect(mail.html).toBe('<img src="cid:1@x">');
    expect(
      mail.attachments.map(({ filename, disposition, contentId }) => [filename, disposition, contentId]),
    ).toEqual([
      ["a.png", "inline", "1@x"],
      ["note.txt", "inline", null],
    ]);
  });

  test("a mail in an attachment, its lines as they are sent over the wire", async () => {
    const inner = "Subject: x\r\n\r\n--_NmP\r\nText\r\n";
    const mail = await back({
      attachments: [{ ...file, contentType: "message/rfc822", content: Buffer.from(inner) }],
    });
    expect(Buffer.from(mail.attachments[0]?.content ?? "").toString()).toBe(inner);
  });

  test("a file that is encoded in several pieces, in lines of 76 characters", async () => {
    for (const size of [57 * 1024 - 1, 57 * 1024, 57 * 1024 + 1, 300_000]) {
      const content = Buffer.from(Array.from({ length: size }, (_, at) => (at * 7919) % 251));
      const raw = await composeMail({ ...plain, attachments: [{ ...file, content }] });
      expect(Buffer.from(parseMail(raw).attachments[0]?.content ?? "").equals(content)).toBe(true);
      const lines = raw.toString("latin1").split("\r\n");
      expect(lines.filter((line) => /^[A-Za-z0-9+/=]{77,}$/.test(line))).toEqual([]);
      expect(lines.filter((line) => /^[A-Za-z0-9+/=]{50,75}$/.test(line)).length).toBeLessThanOrEqual(1);
    }
  });

  test("a caller's own headers", async () => {
    const name = fc.stringMatching(/^X-[A-Za-z0-9-]{1,40}$/);
    await fc.assert(
      fc.asyncProperty(name, fc.stringMatching(/^[!-~]([ -~]{0,200}[!-~])?$/), async (header, value) => {
        const { headers } = await back({ headers: { [header]: value } });
        expect(Object.entries(headers).find(([key]) => key.toLowerCase() === header.toLowerCase())?.[1]).toBe(
          value,
        );
      }),
      { seed: 0x5eed, numRuns: 300 },
    );
  });
});

describe("no field forges a header or a part", () => {
  const evil = fc
    .array(
      fc.constantFrom(
        "a",
        " ",
        "\t",
        "\r",
        "\n",
        "\r\n",
        "\r\n\r\n",
        "\0",
        "\u2028",
        "\u0085",
        "\v",
        "Bcc: evil@x.test",
        "X-Evil: 1",
        "Content-Type: text/html",
        '"',
        ";",
        "<",
        ">",
        ",",
        "@",
        "=?",
        "?=",
        "\\",
        "x".repeat(90),
      ),
      { minLength: 1, maxLength: 12 },
    )
    .map((pieces) => pieces.join(""));
  const fields: Readonly<Record<string, (text: string) => Partial<MailToCompose>>> = {
    subject: (subject) => ({ subject }),
    "Message-ID": (id) => ({ messageId: id }),
    "In-Reply-To": (inReplyTo) => ({ inReplyTo }),
    References: (id) => ({ references: [id, "<2@x>"] }),
    "the sender's name": (name) => ({ from: { name, address: "a@x.test" } }),
    "the sender's address": (address) => ({ from: { name: "A", address } }),
    "a recipient's name": (name) => ({ to: [{ name, address: "a@x.test" }] }),
    "a recipient's address": (address) => ({ cc: [{ name: null, address }] }),
    "a name to answer to": (name) => ({ replyTo: [{ name, address: "a@x.test" }] }),
    "a header's value": (value) => ({ headers: { "X-Own": value } }),
    "a file name": (filename) => ({ attachments: [{ ...file, filename }] }),
    "a content type": (contentType) => ({ attachments: [{ ...file, contentType }] }),
    "a content id": (contentId) => ({ attachments: [{ ...file, contentId }] }),
  };
  const usual =
    /^(From|To|Cc|Reply-To|Subject|Message-ID|In-Reply-To|References|Date|MIME-Version|X-Own|Content-(Type|Transfer-Encoding|Disposition|ID)):/i;

  test.each(Object.entries(fields))("%s", async (_field, write) => {
    await fc.assert(
      fc.asyncProperty(evil, async (text) => {
        const raw = (await composeMail({ ...plain, ...write(text) })).toString("latin1");
        expect(raw).not.toMatch(/\0|\r(?!\n)|(?<!\r)\n/);
        const head = raw.slice(0, raw.indexOf("\r\n\r\n"));
        const names = head.split("\r\n").filter((line) => !/^[ \t]/.test(line));
        expect(names.filter((line) => !usual.test(line))).toEqual([]);
        const mail = parseMail(Buffer.from(raw, "latin1"));
        expect(mail.text?.trimEnd()).toBe("Text");
        expect(mail.html).toBeNull();
        expect(mail.attachments.length).toBe(write(text).attachments?.length ?? 0);
      }),
      { seed: 0x5eed, numRuns: 200 },
    );
  });
});

test.each(["", " ", "X Y", "X:", "X\r\nBcc", "X\0", "Ü", "\u2028"])(
  "a header cannot be called %j",
  async (name) => {
    await expect(composeMail({ ...plain, headers: { [name]: "x" } })).rejects.toThrow("name");
  },
);

const word = "x".repeat(3000);
const long = "x".repeat(990);
const mailFile = Buffer.from("Subject: One\n\nText\n");
const wideMail = Buffer.from(`Subject: One\n\n${word}\n`);
const mailWithCr = Buffer.from("Subject: One\r\n\r\na\rb\r\n");
const attached = (over: Partial<ComposeAttachment>) => ({ attachments: [{ ...file, ...over }] });

test.each<[string, Partial<MailToCompose>]>([
  ["a subject", { subject: word }],
  [
    "names",
    { from: { name: long, address: "a@x.test" }, to: [{ name: '"'.repeat(480), address: "b@x.test" }] },
  ],
  ["bodies of one line", { text: word, html: word }],
  ["a text with a bare CR", { text: "a\nb\rc\r\nd" }],
  ["bodies with a bare CR", { text: "a\rb", html: "<p>a\rb" }],
  [
    "many references",
    { references: Array.from({ length: 100 }, (_, index) => `<${index}@${"x".repeat(200)}>`) },
  ],
  [
    "ids of the longest kind",
    { inReplyTo: `<${"x".repeat(998)}>`, references: [`<${"x".repeat(998)}>`, "<1@x.test>"] },
  ],
  ["a header", { headers: { ["X".repeat(76)]: `${long} ${"x".repeat(997)}` } }],
  ["a file's name", attached({ filename: word })],
  ["a file's id", attached({ contentId: "x".repeat(998) })],
  ["a file's type", attached({ contentType: `text/plain; x="${long}"` })],
  ["a file of one line", attached({ contentType: "text/plain", content: Buffer.from(word) })],
  ["a mail with lines of Unix", attached({ contentType: "message/rfc822", content: mailFile })],
  ["a mail with a long line", attached({ contentType: "message/rfc822", content: wideMail })],
  ["a mail by its name alone", attached({ filename: "one.eml", contentType: null, content: wideMail })],
  ["a mail with a bare CR", attached({ contentType: "message/rfc822", content: mailWithCr })],
  ["a report with a long line", attached({ contentType: "message/delivery-status", content: wideMail })],
])("%s does not make a mail that may not be sent", async (_what, over) => {
  expect(flawOf(await composeMail({ ...plain, ...over }))).toBeNull();
});

test("a mail inside stays one where it may be sent as it is, and its octets come back in any case", async () => {
  for (const [content, type] of [
    [mailFile, "message/rfc822"],
    [wideMail, "application/octet-stream"],
  ] as const) {
    const over = attached({ filename: "one.eml", contentType: "message/rfc822", content });
    const [back] = (await parseMail(await composeMail({ ...plain, ...over }))).attachments;
    expect(back).toMatchObject({ filename: "one.eml", contentType: type });
    expect(back?.content.toString().replaceAll("\r\n", "\n").trim()).toBe(content.toString().trim());
  }
});

test("an id that is too long for a line is left out, and the others stay", async () => {
  const raw = await composeMail({ ...plain, references: [`<${"x".repeat(998)}>`, "<1@x.test>"] });
  expect(raw.toString()).toMatch(/^References: <1@x\.test>\r$/m);
});

test("the recipients of blind copies are in nobody's mail", async () => {
  const raw = await composeMail({ ...plain, headers: { Bcc: "secret@x.test" } });
  expect(raw.toString()).not.toContain("secret");
});
