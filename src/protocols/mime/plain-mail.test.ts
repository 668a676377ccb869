import fc from "fast-check";
import { expect, test } from "vitest";
import { parseMail } from "./parse.ts";
import { readPlainMail } from "./plain-mail.ts";

/** Leaves the fast path (another type makes it step aside) without changing what the library reads. */
const slow = (raw: string): string => `Content-Description: x\r\n${raw}`;

const line = fc.string({ unit: fc.constantFrom(..."abc .>-=:;\t<&\"'~"), maxLength: 40 });
const type = fc.constantFrom(
  "",
  "Content-Type: text/plain\r\n",
  "Content-Type: text/plain; charset=utf-8\r\n",
  'Content-Type: text/plain; charset="us-ascii"\r\nContent-Transfer-Encoding: 7bit\r\n',
);

test("a plain mail reads the same on the fast path as through the library", async () => {
  await fc.assert(
    fc.asyncProperty(
      type,
      fc.array(line, { maxLength: 8 }),
      fc.boolean(),
      async (contentType, lines, ended) => {
        const raw = `From: A <a@b.test>\r\nSubject: =?utf-8?q?h=C3=A4?= x\r\n${contentType}Message-ID: <1@b>\r\n\r\n${lines.join("\r\n")}${ended ? "\r\n" : ""}`;
        expect(readPlainMail(Buffer.from(raw))).not.toBeNull();
        expect(readPlainMail(Buffer.from(slow(raw)))).toBeNull();
        const { headers: fastHeaders, ...fast } = await parseMail(Buffer.from(raw));
        const { headers: slowHeaders, ...through } = await parseMail(Buffer.from(slow(raw)));
        expect(fast).toEqual(through);
        const { "Content-Description": _added, ...rest } = slowHeaders;
        expect(fastHeaders).toEqual(rest);
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  ["multipart", 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n'],
  ["encoded", "Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n"],
  ["quoted-printable", "content-transfer-encoding: quoted-printable\r\n\r\n=41\r\n"],
  ["flowed", "Content-Type: text/plain; format=flowed\r\n\r\nx \r\ny\r\n"],
  ["HTML", "Content-Type: text/html\r\n\r\n<p>\r\n"],
  ["folded type", "Content-Type:\r\n text/html\r\n\r\n<p>\r\n"],
  ["not ASCII", "Subject: x\r\n\r\ngr\u00fc\u00df\r\n"],
  ["bare line feeds", "Subject: x\r\n\r\na\nb\r\n"],
])("%s mail is left to the library", (_name, raw) => {
  expect(readPlainMail(Buffer.from(raw))).toBeNull();
});
