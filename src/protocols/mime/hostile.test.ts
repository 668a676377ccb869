/** Mails made to break a reader. Where one needs more than linear time, its test runs into the timeout. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ParsedMail, parseMail } from "./parse.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

/** Every text of a mail, for PostgreSQL to refuse or take. */
function textsOf(mail: ParsedMail): string[] {
  const { attachments, problems, ...rest } = mail;
  const names = attachments.map(({ filename, contentType, contentId }) => [filename, contentType, contentId]);
  const texts: string[] = [];
  JSON.stringify([rest, problems, names, Object.keys(rest.headers)], (_, value: unknown) => {
    if (typeof value === "string") texts.push(value);
    return value;
  });
  return texts;
}

function expectStorable(mail: ParsedMail): void {
  for (const text of textsOf(mail)) {
    expect(text.includes("\0")).toBe(false);
    expect(text.isWellFormed()).toBe(true);
  }
}

const MEGABYTE = 1024 * 1024;

/** Characters of a header field: a reader that is quadratic in them takes seconds for each of some two hundred. */
const LONG_FIELD = 50_000;

describe("a mail made to cost is read within bounds", () => {
  test.each<[string, string]>([
    ["of line ends", `Subject: x\r\n\r\n${"\n".repeat(4 * MEGABYTE)}`],
    [
      "of line ends in a part",
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n${"\n".repeat(4 * MEGABYTE)}`,
    ],
    ["of carriage returns", `Subject: x\r\n\r\n${"\r".repeat(4 * MEGABYTE)}x\n\n`],
    ["of NUL bytes", `Subject: x\r\n\r\n${"\0".repeat(4 * MEGABYTE)}`],
    ["of dashes", `Content-Type: multipart/mixed; boundary=-\r\n\r\n${"--\n".repeat(MEGABYTE)}`],
    [
      "of lines that are nearly delimiters",
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--c\n".repeat(2 * MEGABYTE)}`,
    ],
    [
      "of blanks behind a delimiter",
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b${" ".repeat(2 * MEGABYTE)}\n`,
    ],
    ["of padding", `Content-Transfer-Encoding: base64\r\n\r\n${"A=".repeat(2 * MEGABYTE)}`],
    ["of equals signs", `Content-Transfer-Encoding: quoted-printable\r\n\r\n${"=".repeat(2 * MEGABYTE)}`],
    [
      "of blanks in quoted-printable",
      `Content-Transfer-Encoding: quoted-printable\r\n\r\n${" ".repeat(2 * MEGABYTE)}x`,
    ],
    ["of soft line ends", `Content-Transfer-Encoding: quoted-printable\r\n\r\n${"=\n".repeat(MEGABYTE)}`],
    ["of flowed lines", `Content-Type: text/plain; format=flowed\r\n\r\n${"a \n".repeat(MEGABYTE)}`],
    ["of broken UTF-8", `Content-Type: text/plain; charset=utf-8\r\n\r\n${"\xff".repeat(2 * MEGABYTE)}`],
    [
      "of escape sequences",
      `Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n${"\x1b$B".repeat(MEGABYTE)}`,
    ],
    ["of one header line", `Subject: ${"x".repeat(2 * MEGABYTE)}\r\n\r\nText`],
    ["of header lines", `${"X: y\r\n".repeat(MEGABYTE)}\r\nText`],
    ["of folded lines", `Subject: x\r\n${" y\r\n".repeat(MEGABYTE)}\r\nText`],
    ["of empty folds", `Subject: x${" \r\n".repeat(MEGABYTE)}\r\nText`],
    [
      "of parts without an end to their headers",
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\nA: b\n".repeat(MEGABYTE / 2)}`,
    ],
  ])("one %s", (_what, raw) => {
    expectStorable(parseMail(bytes(raw)));
  });

  test.each([
    "subject",
    "from",
    "to",
    "message-id",
    "references",
    "in-reply-to",
    "date",
    "content-type",
    "content-disposition",
  ])(
    "one whose %s is made of what its grammar repeats",
    (name) => {
      const repeated = [
        "<",
        ">",
        "<a",
        "(",
        ")",
        "((",
        '"',
        '"a" ',
        "\\",
        ",",
        "a,",
        ";",
        ":",
        "a:",
        "@",
        "a@",
        "<a@b.c>,",
        "=?",
        "=?a?q?",
        "=?utf-8?q?a?= ",
        "=?utf-8?B?",
        " ",
        " x",
        "\t",
        "=",
        ";a=b",
        ";a*1*=x",
        "*",
        "'",
        "%",
        "a*",
        "1 ",
      ];
      for (const unit of repeated)
        for (const end of ["", "x", ">", '"', "?=", ")"]) {
          const value = unit.repeat(LONG_FIELD / unit.length) + end;
          expectStorable(parseMail(bytes(`${name}: ${value}\r\n\r\nText`)));
        }
    },
    120_000,
  );
});

describe("a mail with more than anybody reads is cut, and says so where that loses something", () => {
  test("thousands of multiparts in each other: the text in the innermost is found", () => {
    const opening = Array.from(
      { length: 5000 },
      (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
    );
    const mail = parseMail(bytes(`${opening.join("")}\r\nText\r\n`));
    expect(mail).toMatchObject({ text: "Text\n", problems: [] });
  });

  test("a hundred thousand parts: the first thousand attachments are kept", () => {
    const part = "--b\r\nContent-Type: application/x\r\n\r\nx\r\n";
    const mail = parseMail(
      bytes(
        `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nText\r\n${part.repeat(100_000)}--b--`,
      ),
    );
    expect(mail.text).toBe("Text");
    expect(mail.attachments).toHaveLength(1000);
    expect(mail.problems).toEqual(["more parts than are read", "more than 1000 attachments"]);
  });

  test("thousands of recipients: the first thousand, none of them cut in two", () => {
    const list = Array.from({ length: 20_000 }, (_, index) => `Person ${index} <person-${index}@x.test>`);
    const { to } = parseMail(bytes(`To: ${list.join(",\r\n ")}\r\n\r\nText`));
    expect(to).toHaveLength(1000);
    expect(to.at(-1)).toEqual({ name: "Person 999", address: "person-999@x.test" });
    const long = Array.from({ length: 2000 }, (_, index) => `${"x".repeat(200)} <person-${index}@x.test>`);
    const cut = parseMail(bytes(`To: ${long.join(",\r\n ")}\r\n\r\nText`)).to;
    expect(cut.length).toBeGreaterThan(100);
    expect(cut.every(({ address }) => /^person-\d+@x\.test$/.test(address))).toBe(true);
  });

  test("hundreds of headers and references: the first 200 headers, the nearest 100 references", () => {
    const fields = Array.from({ length: 300 }, (_, index) => `X-${index}: y\r\n`).join("");
    const ids = Array.from({ length: 300 }, (_, index) => `<${index}@x>`);
    const mail = parseMail(bytes(`${fields}Subject: x\r\nReferences: ${ids.join("\r\n ")}\r\n\r\nText`));
    expect(Object.keys(mail.headers)).toHaveLength(200);
    expect(mail.subject).toBe("x");
    expect(mail.references).toEqual(ids.slice(-100));
  });

  test("a subject of megabytes is cut between characters", () => {
    const mail = parseMail(Buffer.from(`Subject: x${"😀".repeat(MEGABYTE / 8)}\r\n\r\nText`));
    expect(mail.subject?.length).toBeLessThanOrEqual(8192);
    expectStorable(mail);
    expect(mail.text).toBe("Text");
  });
});

describe("any bytes are a mail", () => {
  const token = fc.constantFrom(
    "\r\n",
    "\n",
    "\r",
    "\0",
    " ",
    "\t",
    ":",
    ";",
    "=",
    '"',
    "--b",
    "--b--",
    "--c",
    "\r\n\r\n",
    "Content-Type: ",
    "multipart/mixed; boundary=b",
    "multipart/alternative; boundary=c",
    "multipart/digest; boundary=b",
    "text/plain",
    "text/html",
    "; charset=",
    "utf-8",
    "utf-16",
    "iso-2022-jp",
    "gb18030",
    "format=flowed",
    "Content-Transfer-Encoding: ",
    "base64",
    "quoted-printable",
    "=00",
    "AAAA",
    "Subject: ",
    "From: ",
    "To: ",
    "Message-ID: ",
    "References: ",
    "Date: ",
    "Content-Disposition: attachment; filename=",
    "filename*=",
    "utf-8''%00%ff",
    "Content-ID: ",
    "<a@b>",
    "=?utf-8?q?=00=0D=0A=ED=A0=80?=",
    "=?utf-16?B?2AA=?=",
    "\xed\xa0\x80",
    "\xff\xfe",
    "\x1b$B",
    "\xc3",
    "text",
  );
  const mail = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((content) => Buffer.from(content)),
    fc.array(token, { maxLength: 40 }).map((tokens) => bytes(tokens.join(""))),
  );

  test("it is read without failing, into texts that can be stored", () => {
    fc.assert(
      fc.property(mail, (raw) => expectStorable(parseMail(raw))),
      { seed: 0x5eed, numRuns: 5000 },
    );
  });

  test("the same bytes give the same mail, and are left as they were", () => {
    fc.assert(
      fc.property(mail, (raw) => {
        const before = Buffer.from(raw);
        const first = parseMail(raw);
        expect(raw.equals(before)).toBe(true);
        const within = Buffer.concat([Buffer.from("x\r\n"), raw, Buffer.from("--b")]).subarray(
          3,
          3 + raw.length,
        );
        expect(parseMail(within)).toEqual(first);
      }),
      { seed: 0x5eed, numRuns: 1000 },
    );
  });
});
