import { execFileSync, spawnSync } from "node:child_process";
import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import { decodeText, isCharset } from "./charset.ts";
import { guessCharset } from "./guess.ts";

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex");
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

describe("a charset that is named is read in full", () => {
  test.each<[string, Buffer, string]>([
    ["ks_c_5601-1987", hex("b5 ce b0 b3 94 ee"), "두개뷁"],
    ["euc-kr", hex("94 ee"), "뷁"],
    ["cp949", hex("94 ee"), "뷁"],
    ["uhc", hex("94 ee"), "뷁"],
    ["windows-949", hex("94 ee"), "뷁"],
    ["big5-hkscs", hex("a7 41 a6 6e"), "你好"],
    ["big5", iconv.encode("嘅喺咁", "big5-hkscs"), "嘅喺咁"],
    ["cp950", hex("a7 41"), "你"],
    ["hz-gb-2312", latin1("~{Dc:C~} hello"), "你好 hello"],
    ["HZ", latin1("a~~b ~{Dc:C"), "a~b 你好"],
    ["hz", latin1("one ~\ntwo"), "one two"],
    ["hz", latin1("~{Dc:C\nplain"), "你好\nplain"],
    ["ibm850", hex("47 72 94 e1 65"), "Größe"],
    ["cp850", hex("94"), "ö"],
    ["850", hex("94"), "ö"],
    ["ibm437", hex("94"), "ö"],
    ["cp437", hex("94"), "ö"],
    ["ibm852", hex("e7"), "š"],
    ["cp858", hex("d5"), "€"],
    ["IBM00858", hex("d5"), "€"],
    ["ccsid00858", hex("d5"), "€"],
    ["pc-multilingual-850+euro", hex("d5"), "€"],
    ["8859_2", hex("b9"), "š"],
    ["x-gb2312", hex("c4 e3"), "你"],
    ["x-big5", hex("f9 d6"), "碁"],
    ["cp-850", hex("94"), "ö"],
    ["ibm-850", hex("94"), "ö"],
    ["x-windows-949", hex("94 ee"), "뷁"],
    ["x-mac-ce", hex("e4"), "š"],
    ["cp866", hex("8f e0"), "Пр"],
    ["cp1125", hex("8f"), "П"],
    ["x-mac-roman", hex("9f"), "ü"],
    ["mac-cyrillic", hex("8f"), "П"],
    ["x-cp1251", hex("cf"), "П"],
    ["win-1251", hex("cf"), "П"],
    ["windows1251", hex("cf"), "П"],
    ["iso8859_2", hex("b9"), "š"],
    ["latin2", hex("b9"), "š"],
    ["koi8", hex("f0"), "П"],
    ["koi8-u", hex("a4"), "є"],
    ["tis-620", hex("ca"), "ส"],
    ["utf-7", latin1("Gr+APwA3w-e +- x"), "Grüße + x"],
    ["unicode-1-1-utf-7", latin1("+APw-"), "ü"],
    ["utf-32", hex("ff fe 00 00 68 00 00 00 fc 00 00 00"), "hü"],
    ["iso-2022-kr", latin1("\x1b$)C\x0eGQ19\x0f x"), "한국 x"],
    ["iso-2022-cn", latin1("\x1b$)A\x0eDc:C\x0f x"), "你好 x"],
    ["iso-2022-jp", latin1("\x1b$BF|\x1b(B\x1b$BK\\\x1b(B"), "日本"],
    ["iso-2022-jp", latin1("\x1b$BF|K\\\r\nx"), "日本\r\nx"],
    ["iso-2022-jp", latin1("\x1b(IJ]\x1b(B"), "ﾊﾝ"],
    ["iso-2022-jp", latin1("\x1b$(D0!\x1b(B"), "丂"],
    ["iso-2022-jp-2", latin1("\x1b$ADc:C\x1b(B"), "你好"],
    ["iso-2022-jp", latin1("\x1b$B-!\x1b(B"), "①"],
    ["cp50221", latin1("\x1b$BF|K\\\x1b(B"), "日本"],
    ["iso-2022-jp", hex("93 fa 96 7b"), "日本"],
  ])("%s: %s", (label, bytes, text) => {
    // Bytes of Shift JIS with no escape at all are told apart by the mail's own words only.
    expect(decodeText(bytes, label, () => "shift_jis")).toBe(text);
  });
});

describe("a charset that is wrong or none does not win over the bytes", () => {
  test.each<[string, string, Buffer, string]>([
    ["unknown-8bit, UTF-8", "unknown-8bit", Buffer.from("Größe"), "Größe"],
    ["unknown-8bit, Windows", "unknown-8bit", latin1("Größe"), "Größe"],
    ["x-unknown", "x-unknown", Buffer.from("Größe"), "Größe"],
    ["empty", "", Buffer.from("Größe"), "Größe"],
    ["us-ascii", "us-ascii", latin1("Größe"), "Größe"],
    ["UTF-16 that is ASCII", "utf-16", latin1("Hello there"), "Hello there"],
    ["UTF-7 that is UTF-8", "utf-7", Buffer.from("Größe"), "Größe"],
    ["ISO 8859-15 with quotes of Windows", "iso-8859-15", hex("93 68 69 94 20 a4"), "“hi” €"],
    ["ISO 8859-2 with quotes of Windows", "iso-8859-2", hex("93 b9 94"), "“š”"],
    ["UTF-8 of Windows' controls", "utf-8", Buffer.from("\u0093hi\u0094"), "“hi”"],
    ["ASCII that is Japanese", "us-ascii", latin1("\x1b$BF|K\\\x1b(B"), "日本"],
    ["nothing that is Japanese", "", latin1("\x1b$BF|K\\\x1b(B"), "日本"],
    ["a byte order mark", "", hex("ff fe 68 00 fc 00"), "hü"],
    ["UTF-8 of U+FFFD itself", "utf-8", Buffer.from("\ufffd"), "\ufffd"],
    ["hex, which is no charset", "hex", Buffer.from("Größe"), "Größe"],
    ["base64, which is no charset", "base64", latin1("Grüße"), "Grüße"],
  ])("%s", (_what, label, bytes, text) => {
    expect(decodeText(bytes, label)).toBe(text);
  });

  test("it is guessed as the mail's other words say", () => {
    expect(decodeText(hex("f0 d2 c9 d7 c5 d4"), "", () => "koi8-r")).toBe("Привет");
    expect(decodeText(hex("f0 d2 c9 d7 c5 d4"), "unknown-8bit", () => "koi8-r")).toBe("Привет");
    expect(decodeText(Buffer.from("Привет"), "", () => "koi8-r")).toBe("Привет");
  });
});

describe("the charset of a mail that does not say it everywhere", () => {
  const korean = iconv.encode("안녕하세요, 주문하신 상품이 내일 도착합니다. 감사합니다.", "cp949");
  test.each<[string, Buffer, string]>([
    ["that of a part", latin1("Subject: \xf0\r\nContent-Type: text/plain; charset=KOI8-R\r\n"), "koi8-r"],
    ["that of its HTML", latin1('\r\n<meta charset="windows-1251">\xcf'), "windows-1251"],
    ["that of an encoded word", latin1("Subject: =?GB2312?B?xOM=?=\r\nFrom: \xc4\xe3"), "gb2312"],
    [
      "none that tells nothing",
      latin1("Content-Type: text/plain; charset=us-ascii; charset=utf-8\r\n\xfc"),
      "windows-1252",
    ],
    ["none that is unknown", latin1("charset=x-unknown\r\n\xfc"), "windows-1252"],
    ["what its bytes look like", korean, "euc-kr"],
    [
      "what its bytes look like beside UTF-8",
      Buffer.concat([korean, Buffer.from("\r\nGrüße aus Köln, schöne Tage\r\n")]),
      "euc-kr",
    ],
    ["Windows' for a few bytes", latin1("Gr\xfc\xdfe"), "windows-1252"],
  ])("is %s", (_what, raw, label) => {
    expect(guessCharset(raw)).toBe(label);
  });

  test.each<[string, string]>([
    ["koi8-r", "Добрый день! Высылаем вам счёт за ноябрь, просим оплатить до пятницы."],
    ["windows-1251", "Ваш заказ отправлен и прибудет завтра утром по указанному адресу."],
    ["shift_jis", "ご注文の商品は明日発送いたします。よろしくお願いします。"],
    ["euc-jp", "ご注文の商品は明日発送いたします。よろしくお願いします。"],
    ["gb18030", "您好，您的订单已经发货，预计明天到达。谢谢！"],
    ["big5", "您好，您的訂單已經出貨，預計明天到達。謝謝！"],
    [
      "windows-1252",
      "Grüße aus Köln, die Rechnung über 42 Euro fällt nächste Woche an. Schöne Feiertage, für Sie gewünscht.",
    ],
    ["windows-1253", "Καλημέρα, σας στέλνουμε το τιμολόγιο του Νοεμβρίου. Ευχαριστούμε."],
  ])("is seen in a sentence of %s", (label, sentence) => {
    const raw = iconv.encode(sentence, label);
    expect(decodeText(raw, "", () => guessCharset(raw))).toBe(sentence);
  });
});

test.each<[string, boolean]>([
  ["utf-8", true],
  ["KOI8-R ", true],
  ["cp850", true],
  ["us-ascii", false],
  ["ANSI_X3.4-1968", false],
  ["", false],
  ["x-unknown", false],
  ["hex", false],
])("%j says how to read bytes beyond ASCII: %s", (label, is) => {
  expect(isCharset(label)).toBe(is);
});

/** Labels that Python and mail both know, with what can be written in them. */
const shared: readonly (readonly [label: string, text: string])[] = [
  ["iso-8859-2", "Příliš žluťoučký kůň"],
  ["iso-8859-5", "Добрый день"],
  ["iso-8859-7", "Καλημέρα"],
  ["iso-8859-8", "שלום"],
  ["iso-8859-9", "İğşçö"],
  ["iso-8859-15", "€ Œuvre"],
  ["windows-1250", "Příliš žluťoučký kůň"],
  ["windows-1255", "שלום"],
  ["windows-1256", "مرحبا"],
  ["windows-1257", "ąčęėįšųūž"],
  ["koi8-u", "Добрий день, їжак"],
  ["cp437", "Größe né"],
  ["cp850", "Größe né à Liège"],
  ["cp852", "Příliš žluťoučký"],
  ["cp866", "Добрый день"],
  ["mac-roman", "Größe “x”"],
  ["gb2312", "你好世界"],
  ["gbk", "你好镕世界"],
  ["gb18030", "你好𠀀"],
  ["hz", "你好 hello ~ x"],
  ["big5", "你好世界"],
  ["shift_jis", "日本語ﾊﾝｶｸ"],
  ["cp932", "①㈱髙﨑 日本"],
  ["euc-jp", "日本語丂ﾊﾝ"],
  ["iso-2022-jp", "日本語のメール"],
  ["iso-2022-jp-ext", "ﾊﾝｶｸ 丂 日本"],
  ["iso-2022-kr", "한국어 편지"],
  ["euc-kr", "한국어 편지"],
  ["cp949", "안됬네요 펲시 뷁"],
  ["utf-7", "Grüße + bis bald"],
  ["utf-16", "Grüße"],
  ["utf-32", "Grüße"],
  ["tis-620", "สวัสดี"],
];

const hasPython = spawnSync("python3", ["--version"]).status === 0;

describe("Python, an independent encoder", () => {
  test.skipIf(!hasPython)("writes what is read here (left out where there is no python3)", () => {
    const program = "import sys,json\nprint(json.dumps([t.encode(l).hex() for l,t in json.load(sys.stdin)]))";
    const encoded: unknown = JSON.parse(
      execFileSync("python3", ["-c", program], { input: JSON.stringify(shared), encoding: "utf8" }),
    );
    const bytes = Array.isArray(encoded) ? encoded.map((each) => hex(String(each))) : [];
    expect(bytes.map((each, index) => decodeText(each, shared[index]?.[0] ?? ""))).toEqual(
      shared.map(([, text]) => text),
    );
  });
});
