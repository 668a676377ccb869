import { describe, expect, test } from "vitest";
import { type ParsedMail, parseMail } from "./parse.ts";

const parse = (...lines: readonly string[]): ParsedMail =>
  parseMail(Buffer.from(lines.join("\r\n"), "latin1"));

const header = ["From: Jane <jane@x.test>", "Subject: Order"];

describe("a header that no empty line ends", () => {
  test.each<[string, string[], string]>([
    ["a line of one blank", [" ", "Shipped.", "It arrives."], "Shipped.\nIt arrives."],
    ["a line of tabs", ["\t\t", "Shipped."], "Shipped."],
    ["a line of blanks, then paragraphs", ["  ", "Shipped.", "", "It arrives."], "Shipped.\n\nIt arrives."],
    ["a line of blanks, then an indented text", ["  ", "  Dear Jane,", "Shipped."], "  Dear Jane,\nShipped."],
    ["a line of blanks, then an indented text alone", ["  ", "  Shipped."], "  Shipped."],
    ["a line of blanks, then labels", [" ", "Shipped.", "Tracking: 17"], "Shipped.\nTracking: 17"],
    ["no line at all", ["Dear Jane,", "shipped."], "Dear Jane,\nshipped."],
    ["no line, then labels", ["Dear Jane,", "Order: 17", "Phone: 555"], "Dear Jane,\nOrder: 17\nPhone: 555"],
    ["no line, then paragraphs", ["Dear Jane,", "", "shipped."], "Dear Jane,\n\nshipped."],
    ["no line, then a URL", ["https://x.test/17", "is yours."], "https://x.test/17\nis yours."],
    ["no line, then HTML", ["<p>Dear Jane</p>", "<p>x</p>"], "<p>Dear Jane</p>\n<p>x</p>"],
    [
      "no line, then a mail quoted with its header",
      ["Look at this.", "From: Bob <b@x.test>", "Subject: Old"],
      "Look at this.\nFrom: Bob <b@x.test>\nSubject: Old",
    ],
    [
      "no line, then a long text with a field far behind",
      ["Hello.", ...Array<string>(25).fill("More."), "X-Late: 1"],
      ["Hello.", ...Array<string>(25).fill("More."), "X-Late: 1"].join("\n"),
    ],
  ])("ends at %s", (_what, lines, text) => {
    expect(parse(...header, ...lines)).toMatchObject({
      subject: "Order",
      fromText: "Jane <jane@x.test>",
      text,
    });
  });

  test.each<[string, string[]]>([
    ["a junk line", ["!!! scanned", "Date: Mon, 01 Jan 2024 10:00:00 +0000"]],
    ["several junk lines", ["one", "two words", "X-Scanner: yes", "Date: Mon, 01 Jan 2024 10:00:00 +0000"]],
    ["a line of blanks", ["   ", "Date: Mon, 01 Jan 2024 10:00:00 +0000"]],
    ["the first line of a mailbox file", [">From jane Mon", "Date: Mon, 01 Jan 2024 10:00:00 +0000"]],
  ])("goes on behind %s with a field behind it", (_what, lines) => {
    expect(parse(...header, ...lines, "", "Text")).toMatchObject({
      subject: "Order",
      date: new Date("2024-01-01T10:00:00Z"),
      text: "Text",
    });
  });

  test("goes on behind a parameter folded without its blank", () => {
    const mail = parse(
      "Content-Transfer-Encoding: base64",
      "Content-Type: text/plain;",
      'charset="koi8-r"',
      "",
      Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]).toString("base64"),
    );
    expect(mail.text).toBe("Привет");
  });

  test("ends at the first delimiter of a multipart", () => {
    const type = "Content-Type: multipart/mixed; boundary=b";
    const part = ["--b", "Content-Transfer-Encoding: base64", "", "SGk=", "--b", "", "Bye", "--b--"];
    expect(parse(...header, type, ...part)).toMatchObject({ subject: "Order", text: "Hi\nBye" });
    expect(parse(...header, type, "This is MIME.", ...part)).toMatchObject({
      subject: "Order",
      text: "Hi\nBye",
    });
  });

  test("of a part ends the same way", () => {
    const multipart = (...lines: readonly string[]): ParsedMail =>
      parse("Content-Type: multipart/mixed; boundary=b", "", "--b", ...lines, "--b--");
    expect(multipart("Content-Type: text/plain", " ", "Text").text).toBe("Text");
    expect(multipart("Content-Type: text/plain", "Some text").text).toBe("Some text");
    expect(multipart(" ", "Text").text).toBe("Text");
  });
});

describe("a type without its semicolon", () => {
  const body = ["--b", "", "Text", "--b", "Content-Type: application/pdf; name=a.pdf", "", "%PDF", "--b--"];
  test.each([
    'multipart/mixed boundary="b"',
    "multipart/mixed boundary=b",
    "multipart/mixed\r\n\tboundary=b",
    "multipart/mixed, boundary=b",
    "multipart/mixed: boundary=b",
    'multipart/mixed; charset="utf-8" boundary="b"',
    "multipart/mixed; charset=utf-8 boundary=b",
    'multipart/mixed; type="text/plain", boundary="b"',
    "multipart/mixed;; boundary=b",
  ])("%j is a multipart", (type) => {
    const mail = parse(`Content-Type: ${type}`, "", ...body);
    expect(mail.text).toBe("Text");
    expect(mail.attachments.map(({ filename }) => filename)).toEqual(["a.pdf"]);
  });

  test.each<[string, string, string]>([
    ['application/pdf name="a b.pdf"', "application/pdf", "a b.pdf"],
    ["application/pdf name=a.pdf", "application/pdf", "a.pdf"],
    ["application/pdf name*=utf-8''%C3%BC.pdf", "application/pdf", "ü.pdf"],
    ["application/pdf; x-unix-mode=0644 name=a.pdf", "application/pdf", "a.pdf"],
    ["application/pdf; name=a = b.pdf", "application/pdf", "a = b.pdf"],
    ['application/pdf; name="a name=b.pdf"', "application/pdf", "a name=b.pdf"],
    ['application/pdf; name="The "big" one.pdf"', "application/pdf", 'The "big" one.pdf'],
  ])("%j is that file", (type, contentType, filename) => {
    const [file] = parse(`Content-Type: ${type}`, "Content-Disposition: attachment", "", "%PDF").attachments;
    expect(file).toMatchObject({ contentType, filename });
  });

  test.each(['attachment filename="a.pdf"', "attachment, filename=a.pdf", "attachment\r\n filename=a.pdf"])(
    "disposition %j names it",
    (disposition) => {
      const [file] = parse(`Content-Disposition: ${disposition}`, "", "x").attachments;
      expect(file?.filename).toBe("a.pdf");
    },
  );
});

describe("a multipart whose boundary is not in its body", () => {
  const parts = (boundary: string, closing = `--${boundary}--`): string[] => [
    `--${boundary}`,
    "Content-Type: text/plain",
    "",
    "Text",
    `--${boundary}`,
    "Content-Type: application/pdf; name=a.pdf",
    "",
    "%PDF",
    closing,
  ];
  test.each<[string, string, string[]]>([
    ["another", "multipart/mixed; boundary=other", parts("b")],
    ["none", "multipart/mixed", parts("=_b")],
    ["an empty one", 'multipart/mixed; boundary=""', parts("b")],
    ["another, with a preamble", "multipart/mixed; boundary=other", ["This is MIME.", "", ...parts("b")]],
    ["another, and never closed", "multipart/mixed; boundary=other", parts("b", "")],
    ["one in another case", "multipart/mixed; boundary=B", parts("b")],
    [
      "another, its first part without fields",
      "multipart/mixed; boundary=o",
      ["--b", "", "Text", ...parts("b").slice(4)],
    ],
  ])("because it names %s is read by the one that is there", (_what, type, lines) => {
    const mail = parse(`Content-Type: ${type}`, "", ...lines);
    expect(mail.text?.trim()).toBe("Text");
    expect(mail.attachments.map(({ filename }) => filename)).toEqual(["a.pdf"]);
  });

  test.each<[string, string[]]>([
    ["a signature", ["Text", "-- ", "Jane"]],
    ["a rule", ["Text", "----------", "More"]],
    ["a rule and labels", ["Text", "-----", "Order: 17"]],
  ])("is a text where there is only %s", (_what, lines) => {
    expect(parse("Content-Type: multipart/mixed; boundary=b", "", ...lines).text).toBe(lines.join("\n"));
  });
});
