import { expect, test } from "vitest";
import { readPathCommand } from "./path.ts";

const from = (line: string) => readPathCommand("MAIL FROM", line);

test.each([
  ["MAIL FROM:<>", ""],
  ["mail from:<A@X.test>", "A@X.test"],
  ["MAIL FROM: <a@x.test> ", "a@x.test"],
  ['MAIL FROM:<"a b"@x.test>', '"a b"@x.test'],
  ['MAIL FROM:<"a@b> \\"c"@x.test>', '"a@b> \\"c"@x.test'],
  ["MAIL FROM:<@r.test,@s.test:a@x.test>", "a@x.test"],
  ["MAIL FROM:<a..b.@under_score.test>", "a..b.@under_score.test"],
  ["MAIL FROM:<a@xn--mller-kva.test>", "a@xn--mller-kva.test"],
  ["MAIL FROM:<\u00e5@m\u00fcller.test>", "\u00e5@m\u00fcller.test"],
  ["MAIL FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"],
  ["MAIL FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"],
])("%s is read", (line, address) => {
  expect(from(line)).toEqual({ address, parameters: [] });
});

test.each([
  "MAIL",
  "MAIL FROM",
  "MAIL FROM:",
  "MAIL FROM:a@x.test",
  "MAIL FROM:<a@x.test",
  "MAIL FROM:<a@x.test>SIZE=1",
  "MAIL FROM:<a@x.test> =1",
  "MAIL FROM:<a>",
  "MAIL FROM:<postmaster>",
  "MAIL FROM:<@x.test>",
  "MAIL FROM:<a@>",
  "MAIL FROM:<a@b@c>",
  "MAIL FROM:<a b@x.test>",
  'MAIL FROM:<"a@x.test>',
  'MAIL FROM:<"a"b@x.test>',
  "MAIL FROM:<a@x..test>",
  "MAIL FROM:<a@.test>",
  "MAIL FROM:<a@[300.0.2.1]>",
  "MAIL FROM:<a@[IPv6:192.0.2.1]>",
  "MAIL FROM:<a@[x]>",
  "MAIL FROM:<a\0b@x.test>",
  'MAIL FROM:<"a\rb"@x.test>',
  "MAIL FROM:<a\u200b@x.test>",
  "MAIL FROM:<a@x.test> X=\x01",
  `MAIL FROM:<${"a".repeat(250)}@x.test>`,
  "RCPT TO:<a@x.test>",
])("%j is bad syntax", (line) => {
  expect(from(line)).toBeNull();
});

test("parameters come with their keywords in upper case, in order, twice if said twice", () => {
  expect(from("MAIL FROM:<a@x.test> size=1 SMTPUTF8  x-y=a=b BODY= size=2")?.parameters).toEqual([
    ["SIZE", "1"],
    ["SMTPUTF8", true],
    ["X-Y", "a=b"],
    ["BODY", true],
    ["SIZE", "2"],
  ]);
});

test("a bare postmaster is a recipient, and no other bare name is", () => {
  expect(readPathCommand("RCPT TO", "RCPT TO:<PostMaster>")?.address).toBe("PostMaster");
  expect(readPathCommand("RCPT TO", "RCPT TO:<desk>")).toBeNull();
  expect(readPathCommand("RCPT TO", "RCPT TO:<>")).toBeNull();
});

test("a line made to be read slowly is not", () => {
  for (const piece of ["@a,", '"\\', "a.", "x=y "])
    expect(() => from(`MAIL FROM:<${piece.repeat(100_000)}`)).not.toThrow();
});
