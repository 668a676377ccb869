import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import { parseMail } from "./parse.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const word = (charset: string, bytes: Buffer): string => `=?${charset}?B?${bytes.toString("base64")}?=`;

/** The same text as a subject, the name of a sender, and that of a file. */
function everywhere(written: Buffer, more = ""): (string | null | undefined)[] {
  const raw = Buffer.concat([
    latin1("Subject: "),
    written,
    latin1("\r\nFrom: "),
    written,
    latin1(
      ` <a@x.test>\r\nContent-Type: multipart/mixed; boundary=b\r\n${more}\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="`,
    ),
    written,
    latin1('"\r\n\r\nx\r\n--b--'),
  ]);
  const mail = parseMail(raw);
  return [mail.subject, mail.fromText.replace(" <a@x.test>", ""), mail.attachments[0]?.filename];
}

const same = (text: string): string[] => [text, text, text];

describe("an encoded word is read in subjects, names and file names alike", () => {
  const jis = (text: string): Buffer => Buffer.from(text, "latin1");
  test.each<[string, string, string]>([
    ["KOI8-R", word("koi8-r", iconv.encode("Привет", "koi8-r")), "Привет"],
    ["CP949", word("ks_c_5601-1987", iconv.encode("뷁 펲시", "cp949")), "뷁 펲시"],
    ["Big5-HKSCS", word("big5-hkscs", iconv.encode("嘅喺", "big5-hkscs")), "嘅喺"],
    ["HZ", "=?hz-gb-2312?Q?~{Dc:C~}?=", "你好"],
    ["IBM850", "=?ibm850?Q?Gr=94=E1e?=", "Größe"],
    ["UTF-7", "=?utf-7?Q?Gr+APYA3w-e?=", "Größe"],
    ["ISO-2022-JP", word("iso-2022-jp", jis("\x1b$BF|K\\\x1b(B")), "日本"],
    ["ISO-2022-KR", word("iso-2022-kr", jis("\x1b$)C\x0eGQ19\x0f")), "한국"],
    ["a charset that is none", word("unknown-8bit", Buffer.from("Größe")), "Größe"],
    ["no charset", word("", Buffer.from("Größe")), "Größe"],
    ["a wrong charset", word("iso-8859-1", Buffer.from("Größe")), "Größe"],
    ["quotes of Windows called latin1", "=?iso-8859-1?Q?=93hi=94?=", "“hi”"],
    ["a blank inside", "=?utf-8?Q?Gr=C3=B6=C3=9Fe 42?=", "Größe 42"],
    ["a question mark inside", "=?utf-8?Q?Gr=C3=B6=C3=9Fe??=", "Größe?"],
    ["a language", "=?utf-8*de?Q?Gr=C3=B6=C3=9Fe?=", "Größe"],
    ["no gap around it", "a=?utf-8?Q?=C3=B6?=b", "aöb"],
    ["no gap to the next", "=?utf-8?Q?Gr=C3=B6?==?utf-8?Q?=C3=9Fe?=", "Größe"],
    ["base64 folded inside", "=?utf-8?B?R3LD\r\n tsOfZQ==?=", "Größe"],
  ])("%s", (_what, written, text) => {
    expect(everywhere(latin1(written))).toEqual(same(text));
  });

  test.each<[string, string, string[], string]>([
    [
      "each with its own escapes",
      "iso-2022-jp",
      ["\x1b$BF|\x1b(B", "\x1b$BK\\\x1b(B", "\x1b$B8l\x1b(B"],
      "日本語",
    ],
    ["cut inside a shift", "iso-2022-jp", ["\x1b$BF|K", "\\8l\x1b(B"], "日本語"],
    ["a character of GBK cut in two", "gbk", ["\xc4\xe3\xba", "\xc3"], "你好"],
    ["a character of CP949 cut in two", "euc-kr", ["\xc7", "\xd1\xb1\xb9"], "한국"],
    ["a character of UTF-8 cut in three", "utf-8", ["\xe2", "\x82", "\xac"], "€"],
    ["a shift of HZ left open", "hz", ["~{Dc", ":C~}"], "你好"],
  ])("over several words: %s", (_what, charset, pieces, text) => {
    const base64 = pieces.map((piece) => word(charset, jis(piece))).join("\r\n ");
    expect(everywhere(latin1(base64))).toEqual(same(text));
    const quoted = pieces
      .map((piece) => [...jis(piece)].map((byte) => `=${byte.toString(16).padStart(2, "0")}`).join(""))
      .map((content) => `=?${charset}?Q?${content}?=`);
    expect(everywhere(latin1(quoted.join(" ")))).toEqual(same(text));
    const mixed = pieces.map((piece, index) =>
      index % 2 === 0 ? word(charset, jis(piece)) : (quoted[index] ?? ""),
    );
    expect(everywhere(latin1(mixed.join(" ")))).toEqual(same(text));
  });
});

describe("raw bytes are read in subjects, names and file names alike", () => {
  test.each<[string, Buffer, string, string]>([
    ["UTF-8", Buffer.from("Größe"), "", "Größe"],
    ["Windows' without a word", latin1("Größe"), "", "Größe"],
    [
      "KOI8-R, which a part names",
      iconv.encode("Привет", "koi8-r"),
      "\r\n--b\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nx",
      "Привет",
    ],
    [
      "GBK, which a part names",
      iconv.encode("你好", "gbk"),
      "\r\n--b\r\nContent-Type: text/plain; charset=gb2312\r\n\r\nx",
      "你好",
    ],
    [
      "KOI8-R, which the HTML names",
      iconv.encode("Привет", "koi8-r"),
      '\r\n--b\r\nContent-Type: text/html\r\n\r\n<meta charset="koi8-r">',
      "Привет",
    ],
    [
      "Shift JIS, which nobody names",
      iconv.encode("ご注文の商品は明日発送", "shift_jis"),
      "",
      "ご注文の商品は明日発送",
    ],
    ["Japanese in 7 bits", latin1("\x1b$BF|K\\\x1b(B"), "", "日本"],
    [
      "latin1 inside a word of latin1",
      latin1("=?iso-8859-1?Q?Fr\xf6sche_und_Gr=FC=DFe?="),
      "",
      "Frösche und Grüße",
    ],
    [
      "KOI8-R inside a word of KOI8-R",
      Buffer.concat([latin1("=?koi8-r?Q?"), iconv.encode("Привет", "koi8-r"), latin1("?=")]),
      "",
      "Привет",
    ],
    ["UTF-8 inside a word of UTF-8", Buffer.from("=?utf-8?Q?Größe=C3=BC?="), "", "Größeü"],
  ])("%s", (_what, written, more, text) => {
    expect(everywhere(written, more)).toEqual(same(text));
  });
});

describe("a file name in pieces", () => {
  const nameOf = (parameters: string): string | null | undefined =>
    parseMail(
      latin1(`Content-Type: application/pdf\r\nContent-Disposition: attachment; ${parameters}\r\n\r\nx`),
    ).attachments[0]?.filename;

  test.each<[string, string, string]>([
    [
      "one word over two pieces",
      'filename*0="=?UTF-8?B?w4VuZ3N0csO2"; filename*1="bSDDnGJlcnNpY2h0?=.pdf"',
      "Ångström Übersicht.pdf",
    ],
    [
      "words in pieces",
      'filename*0="=?utf-8?Q?Gr=C3=B6?= "; filename*1="=?utf-8?Q?=C3=9Fe?=.pdf"',
      "Größe.pdf",
    ],
    ["a word where percent signs belong", 'filename*="=?utf-8?Q?Gr=C3=B6=C3=9Fe.pdf?="', "Größe.pdf"],
    [
      "pieces of a charset that is none",
      "filename*0*=x-none''Gr%C3%B6; filename*1*=%C3%9Fe.pdf",
      "Größe.pdf",
    ],
    ["KOI8-R", "filename*=koi8-r''%F0%D2.pdf", "Пр.pdf"],
    ["CP949", "filename*=euc-kr''%94%EE.pdf", "뷁.pdf"],
    ["no charset", "filename*=''Gr%C3%B6.pdf", "Grö.pdf"],
    [
      "a word folded in the middle",
      'filename="=?UTF-8?B?w4VuZ3N0csO2\r\n bSDDnGJlcnNpY2h0?=.pdf"',
      "Ångström Übersicht.pdf",
    ],
    ["two words folded", 'filename="=?UTF-8?B?w4VuZ3N0csO2?=\r\n =?UTF-8?B?bS5wZGY=?="', "Ångström.pdf"],
    ["a word without quotes", "filename==?utf-8?Q?Gr=C3=B6.pdf?=", "Grö.pdf"],
  ])("%s", (_what, parameters, name) => {
    expect(nameOf(parameters)).toBe(name);
  });
});

test.each<[string, string]>([
  [
    "a document's own word, in a text without one",
    '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">',
  ],
  ["its short form", "<meta charset=koi8-r>"],
  ["with blanks and quotes", "<META  CHARSET = 'KOI8-R' />"],
  ["of XML", '<?xml version="1.0" encoding="koi8-r"?>'],
])("HTML is read by %s", (_what, head) => {
  const html = (type: string): string | null =>
    parseMail(
      Buffer.concat([latin1(`Content-Type: ${type}\r\n\r\n${head}`), iconv.encode("Привет", "koi8-r")]),
    ).html?.replace(head, "") ?? null;
  expect(html("text/html")).toBe("Привет");
  expect(html("text/html; charset=us-ascii")).toBe("Привет");
  expect(html("text/html; charset=unknown-8bit")).toBe("Привет");
  // The header's word wins.
  expect(html("text/html; charset=windows-1251")).toBe("рТЙЧЕФ");
});
