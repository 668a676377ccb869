import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../../test/support/code-point.ts";
import { type ParsedAttachment, parseMail } from "./parse.ts";

/** One attachment behind a text, in bytes as they come over the wire. */
function attachment(header: string, content: string): ParsedAttachment {
  const raw = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nText\r\n--b\r\n${header}\r\n\r\n${content}\r\n--b--\r\n`;
  const [first, ...more] = parseMail(Buffer.from(raw, "latin1")).attachments;
  expect(more).toEqual([]);
  if (first === undefined) throw new Error("the mail has no attachment");
  return first;
}

const nameOf = (disposition: string): string | null =>
  attachment(`Content-Type: application/octet-stream\r\nContent-Disposition: ${disposition}`, "x").filename;

describe("an attachment is kept byte for byte", () => {
  test.each<[string, string, string]>([
    ["text in lines", "Content-Type: text/csv", "a,b\r\nc,d"],
    ["text that ends in a line end", "Content-Type: text/csv", "a,b\r\nc,d\r\n"],
    ["bare line ends", "Content-Type: text/csv", "a\rb\nc\r\r\nd"],
    [
      "bytes as they are",
      "Content-Type: application/x\r\nContent-Transfer-Encoding: binary",
      "\0\xff\r\n\0\r\r\n",
    ],
    ["an empty one", "Content-Type: application/pdf", ""],
    [
      "a mail",
      "Content-Type: message/rfc822",
      "Subject: inner\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--\r\n",
    ],
    [
      "a calendar invitation",
      "Content-Type: text/calendar; method=REQUEST",
      "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n\r\n",
    ],
    ["winmail.dat", "Content-Type: application/ms-tnef; name=winmail.dat", "\x78\x9f\x3e\x22"],
    [
      "a text that is to be saved",
      "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: attachment",
      "\xff\r\n",
    ],
  ])("%s", (_what, header, content) => {
    expect(Buffer.from(attachment(header, content).content).toString("latin1")).toBe(content);
  });

  test("also when it holds what looks like a delimiter of its own", () => {
    const content = "\r\n--c\r\n--\r\n--bb--\r\n";
    expect(Buffer.from(attachment("Content-Type: application/x", content).content).toString()).toBe(content);
  });
});

describe("a file name is one name that can be saved under", () => {
  test.each<[string, string, string | null]>([
    ["plain", "attachment; filename=a.pdf", "a.pdf"],
    ["quoted, with what quotes are for", 'attachment; filename="a; \\"b\\" (1).pdf"', 'a; "b" (1).pdf'],
    ["with brackets", "attachment; filename=a(1).pdf", "a(1).pdf"],
    ["with blanks, though not quoted", "attachment; filename=a b.pdf; size=1", "a b.pdf"],
    ["never ended", 'attachment; filename="a.pdf', "a.pdf"],
    ["encoded as RFC 2231 has it", "attachment; filename*=utf-8'de'Gr%C3%BC%C3%9Fe.pdf", "Grüße.pdf"],
    ["in latin1", "attachment; filename*=iso-8859-1''Gr%FC%DFe.pdf", "Grüße.pdf"],
    ["in pieces", 'attachment; filename*0="a "; filename*1=b; filename*2*=%2Epdf', "a b.pdf"],
    [
      "in pieces out of order, a character cut in two",
      "attachment; filename*1*=%BC.pdf; filename*0*=utf-8''%C3",
      "ü.pdf",
    ],
    ["for old readers too", "attachment; filename=old.pdf; filename*=utf-8''new.pdf", "new.pdf"],
    ["with a percent sign that escapes nothing", "attachment; filename*=utf-8''100%.pdf", "100%.pdf"],
    ["encoded as RFC 2047 has it", 'attachment; filename="=?utf-8?q?Gr=C3=BC=C3=9Fe.pdf?="', "Grüße.pdf"],
    ["raw latin1", "attachment; filename=Gr\xfc\xdfe.pdf", "Grüße.pdf"],
    ["twice: the first", "attachment; filename=a.pdf; filename=b.exe", "a.pdf"],
    ["a path", "attachment; filename=../../etc/passwd", "passwd"],
    ["a path of Windows", "attachment; filename=C:\\Users\\ann\\a.pdf", "a.pdf"],
    ["a hidden path", "attachment; filename*=utf-8''..%2F..%2Fetc%2Fpasswd", "passwd"],
    ["only a path", 'attachment; filename="../.."', null],
    ["empty", 'attachment; filename=""', null],
    ["missing", "attachment", null],
    ["with line ends and NUL", "attachment; filename*=utf-8''a%0D%0AX-B:%20c%00.pdf", "a X-B: c.pdf"],
    ["turned around for the eye", "attachment; filename*=utf-8''a%E2%80%AEfdp.exe", "afdp.exe"],
    ["with a tab", 'attachment; filename="a\tb.pdf"', "a b.pdf"],
    ["with control characters beyond ASCII", "attachment; filename*=iso-8859-7''a%81%8Db.pdf", "a b.pdf"],
    ["in latin1, called UTF-8", "attachment; filename*=utf-8''Gr%FC%DFe.pdf", "Grüße.pdf"],
  ])("%s", (_what, disposition, name) => {
    expect(nameOf(disposition)).toBe(name);
  });

  test("a long one keeps its end", () => {
    expect(nameOf(`attachment; filename=${"a".repeat(5000)}.pdf`)).toBe(`${"a".repeat(251)}.pdf`);
  });

  test("whatever the header says", () => {
    const piece = fc.oneof(
      fc.string({ unit: codePoint, maxLength: 20 }),
      fc.constantFrom(
        "filename=",
        "filename*=",
        "filename*0*=",
        "utf-8''",
        ";",
        '"',
        "\\",
        "%00",
        "%2F",
        "../",
        "=?utf-8?q?=00?=",
        "(",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const header = Buffer.from(`attachment; ${pieces.join("").replaceAll(/[\r\n]/g, "")}`).toString(
          "latin1",
        );
        const name = nameOf(header);
        if (name === null) return;
        expect(name.isWellFormed()).toBe(true);
        expect(name).not.toMatch(/[\p{Cc}/\\]/u);
        expect([".", "..", ""]).not.toContain(name);
        expect(name.length).toBeLessThanOrEqual(255);
      }),
      { seed: 0x5eed, numRuns: 1000 },
    );
  });
});

describe("an attachment says what it is", () => {
  test.each<[string, string, string]>([
    ["its type in lower case, without parameters", "Content-Type: Application/PDF; x=y", "application/pdf"],
    ["its type without a comment", "Content-Type: application/pdf (a report)", "application/pdf"],
    [
      "text when its type could not stand in a header",
      "Content-Type: app\xfcx/p\r\nContent-Disposition: attachment",
      "text/plain",
    ],
    ["text when it has no type", "Content-Disposition: attachment", "text/plain"],
  ])("%s", (_what, header, contentType) => {
    expect(attachment(header, "x").contentType).toBe(contentType);
  });

  test("an image of the HTML is inline and has the id it is shown by, one to be saved is not inline", () => {
    const image = (header: string): string => `--b\r\nContent-Type: image/png\r\n${header}\r\n\r\nx\r\n`;
    const raw = `Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:1@x">\r\n${image("Content-ID: <1@x>")}${image("Content-ID: 2@x\r\nContent-Disposition: inline")}${image("Content-ID: <3@x>\r\nContent-Disposition: attachment")}${image("X-No: id")}--b--\r\n`;
    const mail = parseMail(Buffer.from(raw));
    expect(mail.html).toBe('<img src="cid:1@x">');
    expect(mail.attachments.map(({ contentId, disposition }) => [contentId, disposition])).toEqual([
      ["1@x", "inline"],
      ["2@x", "inline"],
      ["3@x", "attachment"],
      [null, "attachment"],
    ]);
  });

  test("the parts of a digest are mails, of a report its notice is the text", () => {
    const digest = parseMail(
      Buffer.from(
        "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\ny\r\n--b--",
      ),
    );
    expect(digest.attachments.map(({ contentType }) => contentType)).toEqual(["message/rfc822"]);
    const report = parseMail(
      Buffer.from(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt bounced.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n--b--",
      ),
    );
    expect(report.text).toBe("It bounced.");
    expect(report.attachments.map(({ contentType }) => contentType)).toEqual([
      "message/delivery-status",
      "message/rfc822",
    ]);
  });
});

describe("a text of many megabytes", () => {
  const line = "hello world\r\n";
  const long = line.repeat(500_000);

  test("is read to the end of a line, and kept whole as a file", () => {
    const mail = parseMail(Buffer.from(`Content-Type: text/plain\r\n\r\n${long}`));
    expect(mail.text).toBe("hello world\n".repeat(Math.floor((4 * 1024 * 1024) / line.length)));
    expect(mail.attachments.map(({ contentType }) => contentType)).toEqual(["text/plain"]);
    expect(Buffer.from(mail.attachments[0]?.content ?? []).equals(Buffer.from(long))).toBe(true);
  });

  test("leaves no room for the texts behind it, which are files then", () => {
    const head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    const html = "--b\r\nContent-Type: text/html\r\n\r\n<p>Behind</p>\r\n--b--\r\n";
    const mail = parseMail(Buffer.from(`${head}--b\r\nContent-Type: text/plain\r\n\r\n${long}\r\n${html}`));
    expect(mail.html).toBeNull();
    expect(mail.attachments.map(({ contentType }) => contentType)).toEqual(["text/plain", "text/html"]);
  });
});
