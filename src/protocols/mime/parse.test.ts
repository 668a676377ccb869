import fc from "fast-check";
import PostalMime from "postal-mime";
import { describe, expect, test } from "vitest";
import { type ParsedMail, parseMail } from "./parse.ts";

/** Lines as they come over the wire; every character is one byte. */
const bytes = (...lines: readonly string[]): Buffer => Buffer.from(lines.join("\r\n"), "latin1");
const parse = (...lines: readonly string[]): ParsedMail => parseMail(bytes(...lines));
const contents = (mail: ParsedMail): string[] =>
  mail.attachments.map(({ content }) => Buffer.from(content).toString("latin1"));

describe("header", () => {
  test("an ordinary header is read whole", () => {
    const mail = parse(
      "From: Ann Lee <ann@X.test>, Second <second@x.test>",
      'To: "Bob, the second" <bob@y.test>, plain@y.test',
      "Cc: Team: a@y.test, B <b@y.test>;, =?utf-8?q?J=C3=BCrgen?= <j@y.test>",
      "Reply-To: <answers@x.test>",
      "Subject: Hello  ",
      "Date: Mon, 01 Jan 2024 10:00:00 +0100 (CET)",
      "Message-ID: <1@x.test>",
      "In-Reply-To: <0@x.test>",
      "References: <a@x.test>\t<0@x.test>",
      "X-Long: one",
      " two",
      "\tthree",
      "",
      "Text",
    );
    expect(mail).toMatchObject({
      fromText: "Ann Lee <ann@X.test>",
      to: [
        { name: "Bob, the second", address: "bob@y.test" },
        { name: null, address: "plain@y.test" },
      ],
      cc: [
        { name: null, address: "a@y.test" },
        { name: "B", address: "b@y.test" },
        { name: "Jürgen", address: "j@y.test" },
      ],
      replyTo: [{ name: null, address: "answers@x.test" }],
      subject: "Hello",
      date: new Date("2024-01-01T09:00:00Z"),
      messageId: "<1@x.test>",
      inReplyTo: "<0@x.test>",
      references: ["<a@x.test>", "<0@x.test>"],
      text: "Text",
      html: null,
      attachments: [],
      problems: [],
    });
    expect(mail.headers).toMatchObject({ "X-Long": "one two\tthree", "Message-ID": "<1@x.test>" });
  });

  test.each<[string, string, Partial<ParsedMail>]>([
    ["no Message-ID", "Subject: x", { messageId: null }],
    ["the first of two Message-IDs", "Message-ID: <1@x>\r\nMessage-ID: <2@x>", { messageId: "<1@x>" }],
    ["a Message-ID with a comment behind it", "Message-ID: <1@x> (made up)", { messageId: "<1@x>" }],
    ["a Message-ID without brackets", "Message-ID: 1@x", { messageId: "<1@x>" }],
    ["no Message-ID when it is empty", "Message-ID: <>", { messageId: null }],
    ["no date when it is none", "Date: yesterday, about noon", { date: null }],
    ["no date when it has no time of day", "Date: 5", { date: null }],
    [
      "a date with a comment",
      "Date: Fri, 20 Nov 2026 10:00 +0100 (CET)",
      { date: new Date("2026-11-20T09:00Z") },
    ],
    [
      "a date with the name of a zone",
      "Date: 20 Nov 26 10:00:00 EST",
      { date: new Date("2026-11-20T15:00Z") },
    ],
    ["no recipients in an empty group", "To: undisclosed-recipients:;", { to: [] }],
    ["no sender when there is none", "Subject: x", { fromText: "" }],
    ["the null sender as it stands", "From: <>", { fromText: "<>" }],
    ["a sender that is only a name", "From: =?utf-8?q?J=C3=BCrgen?=", { fromText: "Jürgen" }],
    [
      "SMTPUTF8 addresses",
      "To: M\xc3\xbcller <m\xc3\xbcller@m\xc3\xbcnchen.test>",
      { to: [{ name: "Müller", address: "müller@münchen.test" }] },
    ],
    [
      "all of a To that stands there twice",
      "To: a@x\r\nTo: b@x",
      {
        to: [
          { name: null, address: "a@x" },
          { name: null, address: "b@x" },
        ],
      },
    ],
    ["a field name in any case", "sUBJECT: x", { subject: "x" }],
    ["white space before the colon", "Subject : x", { subject: "x" }],
    ["a value that begins in the next line", "Subject:\r\n x", { subject: "x" }],
    ["a continuation of nothing but spaces", "Subject: a\r\n   \r\n b", { subject: "a    b" }],
    [
      "fields behind a line that is none",
      "From: a@x\r\n!!! broken\r\n and more\r\nSubject: x",
      { subject: "x", fromText: "a@x" },
    ],
    [
      "fields behind the first line of a mailbox file",
      "From ann@x.test Mon Jan  1\r\nSubject: x",
      { subject: "x" },
    ],
    ["a bare carriage return in a value as a space", "Subject: a\rBcc: b@x", { subject: "a Bcc: b@x" }],
    ["a NUL in a value as nothing", "Subject: a\0b", { subject: "ab" }],
  ])("is read leniently: %s", (_what, header, expected) => {
    const mail = parse(header, "", "Text");
    expect(mail).toMatchObject({ ...expected, text: "Text" });
  });

  test("of repeated fields the first is shown, under its name as written, also when it is called __proto__", () => {
    const { headers } = parse("X-A: 1", "x-a: 2", "__proto__: 3", "constructor: 4", "", "");
    expect(Object.entries(headers)).toEqual([
      ["X-A", "1"],
      ["__proto__", "3"],
      ["constructor", "4"],
    ]);
  });

  test.each([
    "Tue, 20 Oct 2026 10:00:00",
    "Tue Oct 20 10:00:00 2026",
    "2026-10-20T10:00:00",
    "20 Oct 2026 10:00 (noon)",
  ])("a date without a zone, %j, is the same wherever the server stands", (written) => {
    const zone = process.env["TZ"];
    try {
      for (const place of ["America/New_York", "Asia/Tokyo"]) {
        process.env["TZ"] = place;
        expect(parse(`Date: ${written}`, "", "").date).toEqual(new Date("2026-10-20T10:00:00Z"));
      }
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  test("headers are shown up to a bound over all of them", () => {
    const value = "x".repeat(8000);
    const fields = Array.from({ length: 50 }, (_, n) => `X-${n}: ${value}`);
    const { headers, subject } = parse(...fields, "Subject: last", "", "");
    expect(Object.keys(headers)).toEqual(["X-0", "X-1", "X-2", "X-3", "X-4", "X-5", "X-6", "X-7"]);
    expect(subject).toBe("last");
  });

  test("line ends hidden in encoded words forge neither names nor subjects", () => {
    const forged = "=?utf-8?q?a=0D=0ABcc=3A_x@y=00?=";
    const mail = parse(`Subject: ${forged}`, `From: ${forged} <a@x>`, `To: ${forged} <b@x>`, "", "");
    expect(mail.subject).toBe("a Bcc: x@y");
    expect(mail.fromText).toBe('"a Bcc: x@y" <a@x>');
    expect(mail.to).toEqual([{ name: "a Bcc: x@y", address: "b@x" }]);
  });
});

describe("a mail without the usual shape", () => {
  test.each<[string, string, string | null]>([
    ["nothing", "", null],
    ["no header, only text", "Hello there,\r\nsecond line\r\n", "Hello there,\nsecond line\n"],
    ["an empty header", "\r\nText\r\n", "Text\n"],
    ["no body", "Subject: x\r\n\r\n", null],
    ["no empty line either", "Subject: x", null],
    ["bare line feeds", "Subject: x\n\nOne\nTwo\n", "One\nTwo\n"],
    ["bare carriage returns", "Subject: x\r\rOne\rTwo\r", "One\nTwo\n"],
    ["bare carriage returns in the text", "Subject: x\r\n\r\nOne\rTwo\r\n", "One\nTwo\n"],
    ["NUL bytes in the text", "Subject: x\r\n\r\nOne\0Two\0", "OneTwo"],
    ["a type that is none", "Subject: x\r\nContent-Type: text\r\n\r\nText", "Text"],
    ["a type that is empty", "Content-Type: ;;;=\r\n\r\nText", "Text"],
    ["a multipart without boundary", "Content-Type: multipart/mixed\r\n\r\nText", "Text"],
    ["a multipart that holds no parts", "Content-Type: multipart/mixed; boundary=b\r\n\r\nText", "Text"],
    [
      "a multipart that only ends",
      "Content-Type: multipart/mixed; boundary=b\r\n\r\nText\r\n--b--\r\n",
      "Text",
    ],
    ["an encoding nobody knows", "Content-Transfer-Encoding: x-uuencode\r\n\r\nText", "Text"],
  ])("gives what there is to read: %s", (_what, raw, text) => {
    const mail = parseMail(Buffer.from(raw, "latin1"));
    expect(mail.text).toBe(text);
    expect(mail.attachments).toEqual([]);
  });
});

describe("multiparts", () => {
  const mixed = (boundary: string, ...lines: readonly string[]): ParsedMail =>
    parse("Subject: x", `Content-Type: multipart/mixed; ${boundary}`, "", ...lines);
  const pdf = ["Content-Type: application/pdf; name=a.pdf", "", "%PDF"];

  test.each<[string, ParsedMail]>([
    ["ended as it should be", mixed("boundary=b", "--b", "", "Text", "--b", ...pdf, "--b--", "")],
    [
      "with text around its parts",
      mixed("boundary=b", "before", "--b", "", "Text", "--b", ...pdf, "--b--", "after"),
    ],
    ["without its last delimiter", mixed("boundary=b", "--b", "", "Text", "--b", ...pdf)],
    [
      "with a quoted boundary",
      mixed('boundary="b c:d"', "--b c:d", "", "Text", "--b c:d", ...pdf, "--b c:d--"),
    ],
    [
      "with blanks behind its delimiters",
      mixed("boundary=b", "--b \t", "", "Text", "--b ", ...pdf, "--b-- "),
    ],
    ["with a comment behind its boundary", mixed("boundary=b (made up)", "--b", "", "Text", "--b", ...pdf)],
    [
      "whose first of two boundaries counts",
      mixed("boundary=b; boundary=c", "--b", "", "Text", "--b", ...pdf),
    ],
    ["with a part that has no header at all", mixed("boundary=b", "--b", "Text", "--b", ...pdf)],
    [
      "with a part cut off in its header",
      mixed("boundary=b", "--b", "", "Text", "--b", ...pdf, "--b", "Content-Type: text/plain"),
    ],
    ["cut off behind a delimiter", mixed("boundary=b", "--b", "", "Text", "--b", ...pdf, "--b", "")],
    [
      "whose inner multipart is never ended",
      mixed(
        "boundary=b",
        "--b",
        "Content-Type: multipart/alternative; boundary=i",
        "",
        "--i",
        "",
        "Text",
        "--b",
        ...pdf,
        "--b--",
      ),
    ],
    [
      "whose inner multipart has the same boundary",
      mixed(
        "boundary=b",
        "--b",
        "Content-Type: multipart/alternative; boundary=b",
        "",
        "--b",
        "",
        "Text",
        "--b--",
        "--b",
        ...pdf,
        "--b--",
      ),
    ],
  ])("are read whole: one %s", (_what, mail) => {
    expect(mail.text?.trimEnd()).toBe("Text");
    expect(contents(mail)).toContain("%PDF");
    expect(mail.attachments.find(({ contentType }) => contentType === "application/pdf")?.filename).toBe(
      "a.pdf",
    );
  });

  test("a line that only begins like a boundary is text", () => {
    expect(mixed("boundary=b", "--b", "", "--bb", "--", "---", "-- b", "--b--").text).toBe(
      "--bb\n--\n---\n-- b",
    );
  });

  test("of an alternative each version is read; what stands beside it is in both texts", () => {
    const mail = mixed(
      "boundary=b",
      "--b",
      "Content-Type: multipart/alternative; boundary=i",
      "",
      "--i",
      "",
      "Hi",
      "--i",
      "Content-Type: text/html",
      "",
      "<b>Hi</b>",
      "--i--",
      "--b",
      "",
      "A & B",
      "--b--",
    );
    expect(mail.text).toBe("Hi\nA & B");
    expect(mail.html).toBe("<b>Hi</b>\n<p>A &amp; B</p>");
  });

  test("HTML alone gives HTML and no text", () => {
    expect(parse("Content-Type: TEXT/HTML", "", "<p>Hi")).toMatchObject({ text: null, html: "<p>Hi" });
  });

  test("a mail that is no text is an attachment of itself", () => {
    const mail = parse(
      "Content-Type: application/pdf; name=a.pdf",
      "Content-Transfer-Encoding: base64",
      "",
      "JVBERg==",
    );
    expect(mail.text).toBeNull();
    expect(contents(mail)).toEqual(["%PDF"]);
  });

  test("flowed text is joined, its quotes and signature are not", () => {
    const flowed = ["one ", "two", " >no quote", "> quoted ", "> more ", "-- ", "me"];
    const mail = parse("Content-Type: text/plain; format=flowed", "", ...flowed);
    expect(mail.text).toBe("one two\n>no quote\n> quoted \n> more \n-- \nme");
    const deleted = parse("Content-Type: text/plain; format=flowed; delsp=yes", "", "one ", "two");
    expect(deleted.text).toBe("onetwo");
  });
});

/** What any mail program sends; the line end before a delimiter belongs to the delimiter, which the library does not know. */
test("ordinary mails read as they do through postal-mime", async () => {
  const text = fc.array(fc.string({ unit: fc.constantFrom(..."abc .>:;\t<&é€"), maxLength: 30 }), {
    maxLength: 5,
  });
  const part = fc.record({
    lines: text,
    type: fc.constantFrom("text/plain", "text/html", "application/pdf", "text/csv", "message/rfc822"),
    name: fc.constantFrom(
      "",
      'Content-Disposition: attachment; filename="a b.pdf"\r\n',
      "Content-ID: <c@x>\r\n",
    ),
    encoding: fc.constantFrom("base64", "quoted-printable", "8bit"),
  });
  const encoded = (lines: readonly string[], encoding: string): string => {
    const whole = Buffer.from(lines.join("\n"));
    if (encoding === "base64") return whole.toString("base64");
    if (encoding === "8bit") return lines.join("\r\n");
    const escaped = [...whole].map((byte) =>
      byte === 10 ? "\r\n" : `=${byte.toString(16).padStart(2, "0")}`,
    );
    return escaped.join("");
  };
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), async (parts) => {
      const raw = Buffer.from(
        `From: A <a@b.test>\r\nSubject: =?utf-8?q?h=C3=A4?= x\r\nMessage-ID: <1@b>\r\nContent-Type: multipart/mixed; boundary="-=b"\r\n\r\n${parts
          .map(
            ({ lines, type, name, encoding }) =>
              `---=b\r\nContent-Type: ${type}; charset=utf-8\r\n${name}Content-Transfer-Encoding: ${encoding}\r\n\r\n${encoded(lines, encoding)}\r\n`,
          )
          .join("")}---=b--\r\n`,
      );
      const ours = parseMail(raw);
      const theirs = await PostalMime.parse(raw, { forceRfc822Attachments: true });
      const shown = (content: string | null | undefined) => (content ?? "").replaceAll(/\n+/g, "\n").trim();
      expect(ours.subject).toBe(theirs.subject);
      expect(
        ours.attachments.map(({ filename, contentId, contentType, content }) => [
          filename,
          contentId,
          contentType,
          shown(Buffer.from(content).toString().replaceAll("\r", "")),
        ]),
      ).toEqual(
        theirs.attachments.map(({ filename, contentId, mimeType, content }) => [
          // A mail without a name gets one here.
          filename ?? (mimeType === "message/rfc822" ? "message.eml" : null),
          contentId?.replaceAll(/[<>]/g, "") ?? null,
          mimeType,
          shown(typeof content === "string" ? content : Buffer.from(new Uint8Array(content)).toString()),
        ]),
      );
      if (theirs.html === undefined) expect(shown(ours.text)).toBe(shown(theirs.text));
    }),
    { seed: 0x5eed, numRuns: 300 },
  );
});

test("what stands in every list is bounded: headers together, one address, a sender that is none", () => {
  const filler = Array.from({ length: 100 }, (_, n) => `X-Filler-${n}: ${"x".repeat(5000)}`).join("\r\n");
  const mail = parseMail(
    Buffer.from(
      `Subject: first\r\n${filler}\r\nFrom: ${"f".repeat(5000)}\r\nTo: ${"a".repeat(400)}@b.example, c@d.example\r\n\r\nx`,
    ),
  );
  expect(JSON.stringify(mail.headers).length).toBeLessThan(70_000);
  expect(mail.headers["Subject"]).toBe("first");
  expect(mail.headers["X-Filler-11"]).toHaveLength(5000);
  expect(mail.fromText.length).toBeLessThan(1000);
  expect(mail.to).toEqual([{ name: null, address: "c@d.example" }]);
});
