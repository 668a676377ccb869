import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoint } from "../../../test/support/code-point.ts";
import { zoneFile } from "./zone-file.ts";

/** Reads the character-strings of a TXT line back into octets (RFC 1035 section 5.1). */
function stringsOf(line: string): Buffer[] {
  const data = line.replace(/^\S+ \d+ IN TXT /, "");
  return [...data.matchAll(/"((?:[^"\\]|\\\d{3}|\\\D)*)"/g)].map(([, text = ""]) =>
    Buffer.concat(
      [...text.matchAll(/\\(\d{3})|\\(\D)|([^\\])/g)].map(([, code, sign, plain]) =>
        code === undefined ? Buffer.from(sign ?? plain ?? "") : Buffer.from([Number(code)]),
      ),
    ),
  );
}
const txtLine = (value: string): string =>
  zoneFile("example.com", [{ type: "TXT", name: "example.com", value }]).split("\n")[2] ?? "";

test("every kind of record is one line, its names fully qualified, and the file ends with a line break", () => {
  const text = zoneFile("example.com", [
    { type: "TXT", name: "mail.example.com", value: "v=spf1 a:mx.rookery.test -all" },
    { type: "MX", name: "example.com", value: "mx.rookery.test", priority: 20 },
    { type: "MX", name: "*.example.com", value: "mx.rookery.test" },
    { type: "CNAME", name: "link.example.com.", value: "mx.rookery.test." },
  ]);
  expect(text).toBe(
    [
      "; Records for example.com",
      "$ORIGIN example.com.",
      'mail.example.com. 3600 IN TXT "v=spf1 a:mx.rookery.test -all"',
      "example.com. 3600 IN MX 20 mx.rookery.test.",
      "*.example.com. 3600 IN MX 10 mx.rookery.test.",
      "link.example.com. 3600 IN CNAME mx.rookery.test.",
      "",
    ].join("\n"),
  );
});

test("a long TXT value is split into strings of at most 255 octets that join to the value", () => {
  const value = `v=DKIM1; k=rsa; p=${"A".repeat(392)}`;
  expect(stringsOf(txtLine(value)).map(({ length }) => length)).toEqual([255, 155]);
  expect(stringsOf(txtLine("a".repeat(255)))).toHaveLength(1);
  expect(stringsOf(txtLine("a".repeat(256))).map(({ length }) => length)).toEqual([255, 1]);
  expect(stringsOf(txtLine("é".repeat(200))).map(({ length }) => length)).toEqual([255, 145]);
  expect(txtLine("")).toMatch(/ TXT ""$/);
});

test("quotes, backslashes, line breaks and letters beyond ASCII are escaped", () => {
  expect(txtLine('a"b\\c;d')).toMatch(/ TXT "a\\034b\\092c;d"$/);
  expect(txtLine("é\n")).toMatch(/ TXT "\\195\\169\\010"$/);
});

test("any value comes back whole and never makes a second line", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, maxLength: 800 }), (value) => {
      const text = zoneFile("example.com", [{ type: "TXT", name: "example.com", value }]);
      expect(text.split("\n")).toHaveLength(4);
      expect(text).toMatch(/^[\n\x20-\x7e]*$/);
      expect(Buffer.concat(stringsOf(txtLine(value)))).toEqual(Buffer.from(value));
    }),
    { seed: 0x5eed, numRuns: 300 },
  );
});

test("a name cannot smuggle in a record, a comment or a directive", () => {
  const name = "a.example.com\n$INCLUDE /etc/passwd ;";
  const text = zoneFile(name, [{ type: "CNAME", name, value: name }]);
  expect(text.split("\n")).toHaveLength(4);
  expect(text).not.toMatch(/^\$INCLUDE/m);
  expect(text.replace(/^; /, "")).not.toContain(";");
});
