import { describe, expect, test } from "vitest";
import { parseMail } from "./parse.ts";

const base64 = (text: string, width = 76): string =>
  Buffer.from(text)
    .toString("base64")
    .replaceAll(new RegExp(`.{${width}}(?=.)`, "g"), "$&\r\n");

const textOf = (body: string, encoding = "base64"): string | null =>
  parseMail(Buffer.from(`Content-Transfer-Encoding: ${encoding}\r\n\r\n${body}`, "latin1")).text;

const fileOf = (body: string, encoding = "base64"): string =>
  Buffer.from(
    parseMail(
      Buffer.from(
        `Content-Type: application/x\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`,
        "latin1",
      ),
    ).attachments[0]?.content ?? [],
  ).toString("latin1");

const long = "The quick brown fox jumps over the lazy dog, ".repeat(8);

describe("text behind base64 is no data", () => {
  const footers = [
    "\r\n\r\n-- \r\nNews mailing list\r\n",
    "\r\n\r\n_______________\r\nNews\r\nUnsubscribe: https://lists.test/u?id=17\r\n",
    "\r\nScanned by a gateway.\r\n",
    "\r\n\r\n********\r\nThis mail is confidential and meant for you alone\r\nThanks\r\n********\r\n",
    "\r\n--b1-->\r\nscanned\r\n",
    " \r\n !\r\n",
  ];
  test.each(footers)("%j", (footer) => {
    for (const content of ["Hi!", "Hello list,\nhere is the news.\n", long, `${long}!!`])
      for (const width of [60, 76]) {
        expect(textOf(base64(content, width) + footer)).toBe(content);
        expect(fileOf(base64(content, width) + footer)).toBe(content);
      }
  });

  test("nor in front of it or in the middle of a file", () => {
    const lines = base64(long).split("\r\n");
    expect(fileOf(`This is a file:\r\n\r\n${lines.join("\r\n")}`)).toBe(long);
    lines.splice(2, 0, "-- inserted by a gateway --");
    expect(fileOf(lines.join("\r\n"))).toBe(long);
  });

  test.each<[string, string]>([
    ["lines that are each padded", ["Hi, ", "Jane", "!"].map((text) => base64(text)).join("\r\n")],
    ["empty lines between its lines", base64("Hi, Jane!", 4).replaceAll("\r\n", "\r\n\r\n")],
    ["blanks behind its lines", base64("Hi, Jane!", 4).replaceAll("\r\n", " \r\n")],
    ["blanks for line ends", base64("Hi, Jane!", 4).replaceAll("\r\n", " ")],
    ["no padding", base64("Hi, Jane!!").replaceAll("=", "")],
    ["a byte that was damaged", `${base64("Hi, Jane!")}\x80`],
  ])("with %s is decoded whole", (_what, body) => {
    expect(textOf(body)?.replaceAll(/!+$/g, "!")).toBe("Hi, Jane!");
  });

  test("of many lines with empty ones between is decoded whole", () => {
    expect(fileOf(base64(long).replaceAll("\r\n", "\r\n\r\n"))).toBe(long);
  });
});

describe("what only says that it is base64 is shown as it stands", () => {
  test.each([
    "Hello, the door is open.\nPlease close it.",
    "Hello world",
    "<html>\n<body>\n<p>Hello</p>\n</body>\n</html>",
    '{\n"name":"chair",\n"price":17\n}',
    "name,price\ngreen,17\nred,18",
    "Dear Jane,\n\nyour order has shipped.\n\nThanks\nBob",
    "See https://x.test/?a=b for more, and call 555 1234.",
    "Gr\u00fc\u00dfe aus K\u00f6ln, bis bald",
    "Code:\n0123456789abcdef0123456789abcdef\nPlease enter it in the form that is shown to you, and do not tell it to anybody.",
  ])("%j", (text) => {
    expect(textOf(text.replaceAll("\n", "\r\n"))).toBe(text);
  });

  test("also in UTF-8", () => {
    const written = Buffer.from("こんにちは、ありがとう").toString("latin1");
    expect(textOf(written)).toBe("こんにちは、ありがとう");
  });

  test("also as a file", () => {
    expect(fileOf("name, price\r\ngreen chair, 17\r\n")).toBe("name, price\r\ngreen chair, 17\r\n");
  });
});

describe("uuencode", () => {
  const lines = ["begin 644 cat.txt", "#0V%T", "`", "end"];
  test.each(["x-uuencode", "uuencode", "X-UUE", "x-uu"])("is decoded when it is called %s", (name) => {
    expect(fileOf(lines.join("\r\n"), name)).toBe("Cat");
  });

  test.each<[string, string[]]>([
    ["text in front of it", ["Here is the file:", "", ...lines]],
    ["blanks cut off its lines", ["begin 644 a", "$0V%T", "", "end"]],
    ["no end", lines.slice(0, 2)],
    ["a blank for nothing", ["begin 0644 a b.txt", "#0V%T", " ", "end"]],
  ])("is decoded with %s", (_what, written) => {
    expect(fileOf(written.join("\r\n"), "x-uuencode").replace("\0", "")).toBe("Cat");
  });

  test("in a text is a file beside it, and the text stays", () => {
    const text = ["Two files:", ...lines, "and", "begin 600 a/../b.bin", "!(0``", "`", "end", "Bye."];
    const mail = parseMail(Buffer.from(`Subject: x\r\n\r\n${text.join("\r\n")}`));
    expect(mail.text).toBe("Two files:\nand\nBye.");
    expect(
      mail.attachments.map(({ filename, content }) => [filename, Buffer.from(content).toString()]),
    ).toEqual([
      ["cat.txt", "Cat"],
      ["b.bin", "!"],
    ]);
  });

  test.each(["begin 644 the work", "begin 755 x\r\nThis is only a text.", "To begin 644 a\r\n#0V%T\r\nend"])(
    "is not seen in %j",
    (text) => {
      const mail = parseMail(Buffer.from(`Subject: x\r\n\r\n${text}`));
      expect([mail.text, mail.attachments]).toEqual([text.replaceAll("\r\n", "\n"), []]);
    },
  );
});

test.each(["base-64", "BASE64;", '"base64"', "base64 (really)", "base 64"])("%j is base64", (name) => {
  expect(textOf("SGk=", name)).toBe("Hi");
});
