import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMail } from "./parse.ts";

const utf8 = (text: string): Buffer => Buffer.from(text);
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex");

const textOf = (contentType: string, body: Buffer): string | null =>
  parseMail(Buffer.concat([latin1(`${contentType}\r\n\r\n`), body])).text;

const subjectOf = (value: Buffer | string): string | null =>
  parseMail(
    Buffer.concat([latin1("Subject: "), typeof value === "string" ? utf8(value) : value, latin1("\r\n\r\n")]),
  ).subject;

describe("a text is readable in the charset it is in, whatever the mail calls it", () => {
  test.each<[string, string, Buffer, string]>([
    ["UTF-8, named", "utf-8", utf8("Grüße €"), "Grüße €"],
    ["UTF-8, not named", "", utf8("Grüße €"), "Grüße €"],
    ["UTF-8, called ASCII", "us-ascii", utf8("Grüße €"), "Grüße €"],
    ["UTF-8, called latin1", "iso-8859-1", utf8("Grüße €"), "Grüße €"],
    ["UTF-8, called windows-1251", "windows-1251", utf8("Привет"), "Привет"],
    ["UTF-8, called gb2312", "gb2312", utf8("你好，世界！"), "你好，世界！"],
    ["UTF-8, called something nobody knows", "x-unknown", utf8("Grüße"), "Grüße"],
    ["UTF-8 behind a byte order mark", "utf-8", hex("ef bb bf 68 69"), "hi"],
    [
      "UTF-8 with one character cut off",
      "utf-8",
      utf8("Grüße aus Köln €").subarray(0, -1),
      "Grüße aus Köln \ufffd",
    ],
    ["latin1, named", "iso-8859-1", latin1("Grüße"), "Grüße"],
    ["latin1, not named", "", latin1("Grüße"), "Grüße"],
    ["latin1, called UTF-8", "utf-8", latin1("Grüße aus Köln"), "Grüße aus Köln"],
    ["windows-1252, called latin1", "iso-8859-1", hex("93 68 69 94 20 80"), "“hi” €"],
    ["windows-1252, called something nobody knows", "default", hex("93 68 69 94"), "“hi”"],
    ["windows-1252, called what has no letters", "x-user-defined", hex("93 68 69 94"), "“hi”"],
    ["windows-1251", "windows-1251", hex("cf f0 e8 e2 e5 f2"), "Привет"],
    ["koi8-r", "KOI8-R", hex("f0 d2 c9 d7 c5 d4"), "Привет"],
    ["gb2312", "gb2312", hex("c4 e3 ba c3"), "你好"],
    ["gb2312 that could be UTF-8", "gb2312", hex("d2 bb d0 a9"), "一些"],
    ["gbk beyond gb2312", "gb2312", hex("e9 46 81 40"), "镕丂"],
    ["gb18030, four bytes", "gb18030", hex("95 32 82 36"), "𠀀"],
    ["big5", "big5", hex("a7 41 a6 6e"), "你好"],
    ["iso-2022-jp", "iso-2022-jp", hex("1b 24 42 46 7c 4b 5c 1b 28 42"), "日本"],
    ["shift_jis, called cp932", "cp932", hex("93 fa 96 7b"), "日本"],
    ["euc-jp", "euc-jp", hex("c6 fc cb dc"), "日本"],
    ["euc-kr, called ks_c_5601-1987", "ks_c_5601-1987", hex("c7 d1 b1 b9"), "한국"],
    ["utf-16", "utf-16", hex("ff fe 68 00 69 00"), "hi"],
    ["utf-7", "utf-7", latin1("hi +AOk-"), "hi é"],
    ["a charset that is refused for its dangers", "iso-2022-kr", latin1("hi"), "hi"],
  ])("%s", (_what, charset, body, text) => {
    expect(textOf(`Content-Type: text/plain; charset="${charset}"`, body)).toBe(text);
  });

  test("no charset loses ASCII, whatever it is called", () => {
    const label = fc.string({
      unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789-_:"),
      maxLength: 20,
    });
    fc.assert(
      fc.property(label, (charset) => {
        fc.pre(!/^(utf-?16|iso-2022|hz|ucs|unicode|csunicode|csiso2022)/.test(charset));
        expect(textOf(`Content-Type: text/plain; charset=${charset}`, latin1("Hello"))).toBe("Hello");
      }),
      { seed: 0x5eed, numRuns: 300 },
    );
  });
});

describe("a header is readable", () => {
  test.each<[string, Buffer | string, string]>([
    ["raw UTF-8", "Grüße", "Grüße"],
    ["raw latin1", latin1("Grüße"), "Grüße"],
    ["a base64 word", "=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"],
    ["a word in lower case, with a language", "=?utf-8*de?q?Gr=c3=bc=c3=9fe?=", "Grüße"],
    ["words whose gap is not shown", "=?utf-8?q?a?= =?utf-8?q?b?= c", "ab c"],
    ["a character split over two words", "=?utf-8?B?w7w=?= =?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "üü"],
    ["a character split over two words of base64", "=?UTF-8?B?5pel5pys6A==?=\r\n =?utf-8?b?qp4=?=", "日本語"],
    [
      "a character split over three, and what follows",
      "=?utf-8?B?4g==?= =?utf-8?B?gg==?= =?utf-8?B?rA==?= 5",
      "€ 5",
    ],
    ["neighbours in two charsets", "=?utf-8?B?w7w=?= =?gb2312?B?xOO6ww==?=", "ü你好"],
    ["a line folded at a tab", "one\r\n\ttwo", "one two"],
    ["iso-2022-jp", "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"],
    ["gb2312 in quoted-printable", "=?gb2312?Q?=C4=E3=BA=C3?=", "你好"],
    ["a word in a charset nobody knows", "=?x-unknown?q?hi?=", "hi"],
    ["a word inside a word, as it stands", "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf-8?q?a?="],
    ["a word that never ends", "=?utf-8?q?hi", "=?utf-8?q?hi"],
    ["a word of no encoding", "=?utf-8?x?hi?=", "=?utf-8?x?hi?="],
    ["a word of broken base64", "=?utf-8?B?aGk!!?= x", "hi x"],
    ["a word of broken quoted-printable", "=?utf-8?q?=ZZ=4?=", "=ZZ=4"],
    ["a word cut by a line end", "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"],
    ["a NUL in a word", "=?utf-8?q?a=00b?=", "ab"],
  ])("%s", (_what, value, subject) => {
    expect(subjectOf(value)).toBe(subject);
  });

  test("raw latin1 in one line leaves UTF-8 in another alone", () => {
    const mail = parseMail(Buffer.concat([latin1("Subject: Grüße\r\n"), utf8("To: Jürgen <j@x>\r\n\r\n")]));
    expect(mail.subject).toBe("Grüße");
    expect(mail.to).toEqual([{ name: "Jürgen", address: "j@x" }]);
  });
});

describe("damaged encodings give what can be had of them", () => {
  const decoded = (encoding: string, body: string): string | null =>
    textOf(`Content-Type: text/plain\r\nContent-Transfer-Encoding: ${encoding}`, latin1(body));

  test.each<[string, string, string, string]>([
    ["base64 in lines", "base64", "SGVs\r\nbG8=\r\n", "Hello"],
    ["base64 without padding", "BASE64", "SGVsbG8", "Hello"],
    ["base64 with padding in every line", "base64", "SGU=\r\nbGw=\r\nbw==\r\n", "Hello"],
    ["base64 among other characters", "base64", "S!G V-s_b*G8=", "Hello"],
    ["base64 with half a character at its end", "base64", "SGVsbG8gS", "Hello "],
    ["base64, its name quoted and commented", '"base64" (really)', "SGVsbG8=", "Hello"],
    ["no base64 at all", "base64", "!!!", ""],
    ["quoted-printable", "quoted-printable", "a=3Db=\r\n c\r\n", "a=b c\n"],
    ["quoted-printable in lower case", "Quoted-Printable", "=c3=bc", "ü"],
    ["quoted-printable that escapes nothing", "quoted-printable", "a = b =ZZ =4", "a = b =ZZ =4"],
    ["quoted-printable that ends in an escape", "quoted-printable", "a=", "a"],
    [
      "quoted-printable with blanks put behind its lines",
      "quoted-printable",
      "a \t\r\nb= \r\nc=20\r\n",
      "a\nbc \n",
    ],
    ["quoted-printable with bare line feeds", "quoted-printable", "a=\nb\nc", "ab\nc"],
    ["quoted-printable with a NUL", "quoted-printable", "a=00b", "ab"],
  ])("%s", (_what, encoding, body, text) => {
    expect(decoded(encoding, body) ?? "").toBe(text);
  });

  test("whatever was encoded comes back", () => {
    const body = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(body, fc.constantFrom(4, 60, 76), fc.boolean(), (content, width, padded) => {
        const base64 = Buffer.from(content)
          .toString("base64")
          .replaceAll(new RegExp(`.{${width}}`, "g"), "$&\r\n");
        const escaped = Array.from(content, (byte) => `=${byte.toString(16).padStart(2, "0")}=\r\n`).join("");
        for (const [encoding, encoded] of [
          ["base64", padded ? base64 : base64.replaceAll("=", "")],
          ["base64", `${base64} !`],
          ["quoted-printable", escaped],
        ]) {
          const raw = `Content-Type: application/x\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${encoded}`;
          const [attachment] = parseMail(latin1(raw)).attachments;
          expect(Buffer.from(attachment?.content ?? "none").equals(content)).toBe(true);
        }
      }),
      { seed: 0x5eed, numRuns: 300 },
    );
  });
});
