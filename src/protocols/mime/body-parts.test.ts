import { describe, expect, test } from "vitest";
import { type ParsedMail, parseMail } from "./parse.ts";

const parse = (type: string, ...lines: readonly string[]): ParsedMail =>
  parseMail(Buffer.from([`Content-Type: ${type}`, "", ...lines].join("\r\n"), "latin1"));

/** Each part by its fields, in one line, and its content. */
const mixed = (...parts: readonly (readonly [fields: string, content: string])[]): ParsedMail =>
  parse(
    "multipart/mixed; boundary=b",
    ...parts.flatMap(([fields, content]) => [
      "--b",
      ...(fields === "" ? [] : fields.split(" | ")),
      "",
      content,
    ]),
    "--b--",
  );

const filesOf = (mail: ParsedMail) =>
  mail.attachments.map(({ filename, content }) => [filename, Buffer.from(content).toString("latin1")]);

const pdf = ["Content-Type: application/pdf; name=a.pdf", "%PDF"] as const;

describe("a text among the parts", () => {
  test.each([
    "Content-Type: text/plain; name=a.log",
    "Content-Type: text/plain; name*=utf-8''a.log",
    "Content-Disposition: inline; filename=a.log",
    "Content-Type: text/plain; name=a.log | Content-Disposition: inline",
    "Content-Type: text/html; name=a.log",
    "Content-Type: text/csv; name=a.log",
  ])("is a file when it bears a name: %s", (fields) => {
    const mail = mixed(["", "Text"], [fields, "log"]);
    expect([mail.text, mail.html, filesOf(mail)]).toEqual(["Text", null, [["a.log", "log"]]]);
  });

  test("is text when it bears none, as a list's footer does", () => {
    expect(mixed(["", "Text"], pdf, ["", "Footer"])).toMatchObject({ text: "Text\nFooter" });
  });

  test.each([
    "Content-Type: text/plain; name=body.txt",
    "Content-Disposition: inline; filename=body.txt",
    "Content-Type: text/plain; name=body.txt | Content-Disposition: inline; filename=body.txt",
  ])("is what was written when it comes first, whatever it is called: %s", (fields) => {
    const mail = mixed([fields, "Text"], pdf);
    expect([mail.text, filesOf(mail)]).toEqual(["Text", [["a.pdf", "%PDF"]]]);
  });

  test("is what was written when all texts have names, also behind a file", () => {
    const mail = mixed(pdf, ["Content-Type: text/plain; name=body.txt", "Text"]);
    expect([mail.text, filesOf(mail)]).toEqual(["Text", [["a.pdf", "%PDF"]]]);
  });

  test("with a name and shown inline is read with the footer that a list put behind it", () => {
    const fields = "Content-Disposition: inline; filename=body.txt";
    expect(mixed([fields, "Text"], ["", "Footer"]).text).toBe("Text\nFooter");
  });

  test("of HTML with a name is the body, in a related part and alone", () => {
    const html = "Content-Type: text/html; name=mail.html";
    expect(mixed([html, "<p>Hi"], pdf).html).toBe("<p>Hi");
    expect(parse("text/html; name=mail.html", "<p>Hi").html).toBe("<p>Hi");
  });

  test("that is to be saved is never the body", () => {
    const mail = mixed(["Content-Disposition: attachment; filename=a.txt", "log"], pdf);
    expect([mail.text, filesOf(mail)]).toEqual([
      null,
      [
        ["a.txt", "log"],
        ["a.pdf", "%PDF"],
      ],
    ]);
  });
});

describe("a text of another kind", () => {
  test.each([
    "text/markdown",
    "text/markdown; charset=utf-8",
    "text/x-markdown",
    "text/enriched",
    "text/x-unknown",
  ])("is the text of a mail that has no other: %s", (type) => {
    expect(parse(type, "# Hi")).toMatchObject({ text: "# Hi", attachments: [] });
  });

  test.each(["text/csv", "text/calendar", "text/vcard", "text/xml"])(
    "is a file when it is data: %s",
    (type) => {
      const mail = parse(type, "x");
      expect([mail.text, filesOf(mail)]).toEqual([null, [[null, "x"]]]);
    },
  );

  test("is a file beside a plain one", () => {
    const mail = mixed(["", "Text"], ["Content-Type: text/markdown; name=a.md", "# Hi"]);
    expect([mail.text, filesOf(mail)]).toEqual(["Text", [["a.md", "# Hi"]]]);
  });

  test.each(["text/x-amp-html", "text/watch-html"])("for other programs is no file: %s", (type) => {
    const mail = parse(
      "multipart/alternative; boundary=b",
      ...["--b", "", "Text", "--b", `Content-Type: ${type}`, "", "<html amp4email>"],
      ...["--b", "Content-Type: text/html", "", "<p>Text", "--b--"],
    );
    expect(mail).toMatchObject({ text: "Text", html: "<p>Text", attachments: [] });
  });
});

describe("what is signed, encrypted or forwarded is kept intact", () => {
  test("a signed mail has its text, and its signature byte for byte", () => {
    const mail = parse(
      'multipart/signed; protocol="application/pgp-signature"; boundary=b',
      ...["--b", "", "Text", "--b"],
      ...[
        "Content-Type: application/pgp-signature; name=signature.asc",
        "",
        "-----BEGIN PGP SIGNATURE-----",
        "x",
      ],
      "--b--",
    );
    expect([mail.text, filesOf(mail)]).toEqual([
      "Text",
      [["signature.asc", "-----BEGIN PGP SIGNATURE-----\r\nx"]],
    ]);
  });

  test("an encrypted one has both of its parts", () => {
    const mail = parse(
      'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
      ...["--b", "Content-Type: application/pgp-encrypted", "", "Version: 1", "--b"],
      ...["Content-Type: application/octet-stream", "", "-----BEGIN PGP MESSAGE-----", "x", "--b--"],
    );
    expect(mail.text).toBeNull();
    expect(mail.attachments.map(({ contentType }) => contentType)).toEqual([
      "application/pgp-encrypted",
      "application/octet-stream",
    ]);
  });

  test.each([
    "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
    "application/x-pkcs7-mime; name=smime.p7m",
  ])("S/MIME is a file: %s", (type) => {
    const mail = parseMail(
      Buffer.from(`Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CA`),
    );
    expect(Buffer.from(mail.attachments[0]?.content ?? []).toString("base64")).toBe("MIAGCSqGSIb3DQEHA6CA");
    expect(mail.attachments[0]?.filename).toBe("smime.p7m");
  });

  test("an armoured message in the text is the text", () => {
    const armoured = "-----BEGIN PGP MESSAGE-----\n\nhQEMA+==\n=abcd\n-----END PGP MESSAGE-----";
    expect(parse("text/plain", ...armoured.split("\n")).text).toBe(armoured);
  });

  test("a winmail.dat is listed as what it is", () => {
    const mail = mixed(
      ["", "Text"],
      ["Content-Type: application/ms-tnef; name=winmail.dat", "\x78\x9f\x3e\x22"],
    );
    expect(mail.attachments[0]).toMatchObject({
      filename: "winmail.dat",
      contentType: "application/ms-tnef",
    });
    expect(filesOf(mail)).toEqual([["winmail.dat", "\x78\x9f\x3e\x22"]]);
  });

  test.each<[string, string]>([
    ["plain", "Subject: inner\r\n\r\nInner text"],
    [
      "with parts that are never closed",
      "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nInner\r\n--i\r\nContent-Type: image/png\r\n\r\nx",
    ],
    [
      "with a boundary that begins like the outer",
      "Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\nInner\r\n--bb--",
    ],
    ["without an empty line", "Subject: inner\r\nInner text"],
  ])("a mail in a mail is one file, and takes nothing with it: %s", (_what, inner) => {
    const mail = mixed(["", "Text"], ["Content-Type: message/rfc822", inner], pdf);
    expect([mail.text, filesOf(mail)]).toEqual([
      "Text",
      [
        [expect.stringMatching(/^(?:inner|message)\.eml$/), inner],
        ["a.pdf", "%PDF"],
      ],
    ]);
  });

  test.each([
    ["Subject: Offer 17", "Offer 17.eml"],
    ["Received: x\r\nsubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?Q?_42?=", "Grüße 42.eml"],
    ["Subject: Re: 11/2026", "Re: 11_2026.eml"],
    ["Subject: ../../etc/passwd", "passwd.eml"],
    [`Subject: ${"long ".repeat(100)}`, `${"long ".repeat(40).trim()}.eml`],
    ["Subject: ", "message.eml"],
    ["From: a@x.test", "message.eml"],
  ])("a mail in a mail that has no name is called after its subject: %s", (header, name) => {
    const inner = `${header}\r\n\r\nSubject: no header\r\n`;
    const mail = mixed(["", "Text"], ["Content-Type: message/rfc822", inner]);
    expect([mail.text, filesOf(mail)]).toEqual(["Text", [[name, inner]]]);
  });

  test("a mail in a mail, encoded though it may not be, is decoded", () => {
    const inner = "Subject: inner\r\n\r\nInner text";
    const fields = "Content-Type: message/rfc822; name=inner.eml | Content-Transfer-Encoding: base64";
    expect(filesOf(mixed(["", "Text"], [fields, Buffer.from(inner).toString("base64")]))).toEqual([
      ["inner.eml", inner],
    ]);
  });
});

test("an invitation keeps its method and charset, which tell a calendar what to do with it", () => {
  const types = (type: string): string[] =>
    mixed(["", "Text"], [`Content-Type: ${type}`, "BEGIN:VCALENDAR"]).attachments.map(
      ({ contentType }) => contentType,
    );
  expect(types('text/calendar; charset="UTF-8"; method=REQUEST; name=invite.ics')).toEqual([
    "text/calendar; charset=UTF-8; method=REQUEST",
  ]);
  expect(types("text/calendar; method=CANCEL")).toEqual(["text/calendar; method=CANCEL"]);
  expect(types("text/calendar")).toEqual(["text/calendar"]);
  expect(types('text/calendar; method="x; y=\r\n z"')).toEqual(["text/calendar"]);
});

describe("a report", () => {
  const report = (type: string, ...third: readonly string[]): ParsedMail =>
    parse(
      `multipart/report; report-type=${type}; boundary=b`,
      ...[
        "--b",
        "",
        "It was not delivered.",
        "--b",
        `Content-Type: message/${type}`,
        "",
        "Action: failed",
        "--b",
      ],
      ...third,
      "--b--",
    );
  test.each<[string, string[], string]>([
    ["delivery-status", ["Content-Type: message/rfc822", "", "Subject: x"], "message/rfc822"],
    ["delivery-status", ["Content-Type: text/rfc822-headers", "", "Subject: x"], "text/rfc822-headers"],
    ["disposition-notification", ["Content-Type: message/rfc822", "", "Subject: x"], "message/rfc822"],
    ["feedback-report", ["Content-Type: message/rfc822", "", "Subject: x"], "message/rfc822"],
  ])("has its notice for a text, and its machine's part as a file: %s", (type, third, last) => {
    const mail = report(type, ...third);
    expect(mail.text).toBe("It was not delivered.");
    expect(mail.attachments.map(({ contentType }) => contentType)).toEqual([`message/${type}`, last]);
  });
});

test.each<[string, string | null]>([
  ["Invoice 11/2026.pdf", "Invoice 11_2026.pdf"],
  ["AC/DC - Live.mp3", "AC_DC - Live.mp3"],
  ["a\\\\b.pdf", "a_b.pdf"],
  ["/etc/passwd", "passwd"],
  ["~/.ssh/id", "id"],
  ["docs/../../x.sh", "x.sh"],
  ["file:///tmp/a.pdf", "a.pdf"],
  ["C:/Users/a.pdf", "a.pdf"],
])("the file name %j is saved as %j", (written, name) => {
  expect(
    mixed(["", "x"], [`Content-Disposition: attachment; filename="${written}"`, "y"]).attachments[0]
      ?.filename,
  ).toBe(name);
});
