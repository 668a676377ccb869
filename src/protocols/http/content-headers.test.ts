import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoint } from "../../../test/support/code-point.ts";
import { fileNameOf, mediaTypeOf } from "./content-headers.ts";

const url = "https://files.test/a/b/from-url.pdf?x=/query.txt";
/** As node gives a header whose sender wrote UTF-8. */
const octets = (text: string): string => Buffer.from(text).toString("latin1");

test.each([
  ["report.pdf", 'attachment; filename="report.pdf"'],
  ["report.pdf", "attachment;filename=report.pdf; size=12"],
  ["report.pdf", 'INLINE; FileName = "report.pdf"'],
  ['a "b" c.txt', 'attachment; filename="a \\"b\\" c.txt"'],
  ["naïve €.txt", "attachment; filename=\"naive.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt"],
  ["naïve.txt", octets('attachment; filename="naïve.txt"')],
  ["na\u00efve.txt", 'attachment; filename="na\u00efve.txt"'],
  ["100%.txt", 'attachment; filename="100%.txt"'],
  ["passwd", 'attachment; filename="../../etc/passwd"'],
  ["file.txt", 'attachment; filename="C:\\Users\\ann\\file.txt"'],
  ["passwd", "attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd"],
  ["€.txt", "attachment; filename*=\"UTF-8''%E2%82%AC.txt\"; filename=x.txt"],
  ["£.txt", "attachment; filename*=iso-8859-1'en'%A3.txt"],
  ["plain.txt", "attachment; filename*=UTF-8''%E2%82.txt; filename=plain.txt"],
  ["my file.pdf", "attachment; filename=my file.pdf"],
  ["real.txt", 'attachment; note="; filename=fake.txt"; filename=real.txt'],
  ["ab.txt", "attachment; filename*=UTF-8''a%0D%0A%00b.txt"],
  ["exe.pdf", "attachment; filename*=UTF-8''%E2%80%AEexe.pdf"],
  ["from-url.pdf", 'attachment; filename=".."'],
  ["from-url.pdf", 'attachment; filename=""'],
  ["from-url.pdf", 'attachment; filename="folder/"'],
  ["from-url.pdf", "attachment"],
  ["from-url.pdf", undefined],
])("the name is %s when Content-Disposition is %s", (name, disposition) => {
  expect(fileNameOf(disposition, url)).toBe(name);
});

test.each([
  ["https://files.test/x/Gr%C3%BC%C3%9Fe%20.txt", "Grüße .txt"],
  ["https://files.test/..%2f..%2fetc%2fpasswd", "passwd"],
  ["https://files.test/a%5Cb.txt", "b.txt"],
  ["https://files.test/100%25%", "100%25%"],
  ["https://files.test/", null],
  ["https://files.test/folder/", null],
  ["https://files.test", null],
])("the URL %s names the file %s", (text, name) => {
  expect(fileNameOf(undefined, text)).toBe(name);
});

test("no header and no URL gives a name with a path, a line break or more than 255 characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, maxLength: 600 }), fc.webUrl(), (text, address) => {
      for (const disposition of [`attachment; filename="${text}"`, `x; filename*=UTF-8''${text}`, text]) {
        const name = fileNameOf(disposition, address);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        if (name !== null && !/^[^/\\\u0000-\u001f\u007f]{1,255}$/.test(name)) return false;
        if (name === "." || name === "..") return false;
      }
      return true;
    }),
    { seed: 0x5eed, numRuns: 2000 },
  );
});

test.each([
  ["application/pdf", "application/pdf"],
  ["Text/HTML; Charset=UTF-8; level=1", "text/html; charset=UTF-8"],
  ['text/plain;charset="iso-8859-1"', "text/plain; charset=iso-8859-1"],
  ["image/svg+xml", "image/svg+xml"],
  ["multipart/mixed; boundary=x", null],
  ["pdf", null],
  ["text/plain, text/html", null],
  ["", null],
  [undefined, null],
])("Content-Type %s is the media type %s", (header, type) => {
  expect(mediaTypeOf(header)).toBe(type);
});
