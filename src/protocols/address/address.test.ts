import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../../test/support/code-point.ts";
import {
  canonicalAddress,
  formatAddress,
  isDomainName,
  isHeaderSafe,
  isUsername,
  type MailAddress,
  parseAddress,
  splitSubaddress,
} from "./address.ts";

describe("an address people write", () => {
  test.each<[string, string | null, string]>([
    ["a@x.test", null, "a@x.test"],
    ["  a@x.test\t", null, "a@x.test"],
    ["<a@x.test>", null, "a@x.test"],
    ["Ann Lee <a@x.test>", "Ann Lee", "a@x.test"],
    ['"Lee, Ann" <a@x.test>', "Lee, Ann", "a@x.test"],
    ['"a \\"b\\" \\\\ c" <a@x.test>', 'a "b" \\ c', "a@x.test"],
    ['"" <a@x.test>', null, "a@x.test"],
    ["Ann < a@x.test >", "Ann", "a@x.test"],
    ["a <b> c <a@x.test>", "a <b> c", "a@x.test"],
    ["Lee, Ann <a@x.test>", "Lee, Ann", "a@x.test"],
    ["b@x.test <a@x.test>", "b@x.test", "a@x.test"],
    ['"b@x.test, Ann" <a@x.test>', "b@x.test, Ann", "a@x.test"],
    ["First.Last+tag@Sub.X.TEST", null, "First.Last+tag@sub.x.test"],
    ["o'neil!#$%&*/=?^_`{|}~-@x.test", null, "o'neil!#$%&*/=?^_`{|}~-@x.test"],
    ['"a b"@x.test', null, '"a b"@x.test'],
    ['"a\\"b"@x.test', null, '"a\\"b"@x.test'],
    ['Ann <"a<b"@x.test>', "Ann", '"a<b"@x.test'],
    ["a@हिन्दी.test", null, "a@हिन्दी.test"],
    ["a@i❤.test", null, "a@i❤.test"],
    ["müller@münchen.test", null, "müller@münchen.test"],
    ["a@xn--mnchen-3ya.test", null, "a@xn--mnchen-3ya.test"],
    ["a@localhost", null, "a@localhost"],
    [`${"a".repeat(64)}@x.test`, null, `${"a".repeat(64)}@x.test`],
    [`${"n".repeat(256)} <a@x.test>`, "n".repeat(256), "a@x.test"],
  ])("%#: %j is read", (text, name, address) => {
    expect(parseAddress(text)).toEqual({ name, address });
  });

  test.each([
    "",
    "a",
    "@",
    "a@",
    "@x.test",
    "a@@x.test",
    "a b@x.test",
    "a@x test",
    ".a@x.test",
    "a.@x.test",
    "a..b@x.test",
    "a@-x.test",
    "a@x-.test",
    "a@x..test",
    "a@.x.test",
    "a@x.test.",
    "a@[127.0.0.1]",
    "a@x_y.test",
    "a,b@x.test",
    "a@x.test, b@x.test",
    "a@x.test <b@x.test",
    "a@x.test, Bob <b@x.test>",
    "a@x.test; Bob <b@x.test>",
    "Ann <a@x.test>, Bob <b@x.test>",
    "Ann <a@x.test> <b@x.test>",
    "Ann <a@x.test> x",
    "Ann <>",
    "Ann a@x.test",
    "Team: a@x.test;",
    "a@x.test\r\nBcc: b@x.test",
    "Ann\n <a@x.test>",
    "Ann\0 <a@x.test>",
    "Ann\u2028 <a@x.test>",
    "Ann \ud800 <a@x.test>",
    `${"a".repeat(65)}@x.test`,
    `${"ä".repeat(33)}@x.test`,
    `a@${"x".repeat(60)}.${"x".repeat(60)}.${"x".repeat(60)}.${"x".repeat(60)}.${"x".repeat(60)}.test`,
    `${"n".repeat(257)} <a@x.test>`,
  ])("%#: %j is none", (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  test.each(["a", "a.", "a@", "@", "<", ">", "<a", '"', "\\", '"\\', "a@x.", "-", "ä", " ", "(", ","])(
    "made of %j is read within bounds",
    (unit) => {
      const long = unit.repeat(1_000_000 / unit.length);
      for (const text of [long, `${long}@x.test`, `a@${long}`, `${long}<a@x.test>`, `<${long}>`])
        expect(parseAddress(text)?.address ?? "a@x.test").toBe("a@x.test");
    },
  );

  const name = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom(..."ab \"'<>,;:@()[]\\=?_"),
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
      ),
      maxLength: 60,
    })
    .map((text) => text.trim())
    .filter((text) => isHeaderSafe(text) && text !== "");

  test("shown with any name comes back as it was", () => {
    const address = fc.constantFrom("a@x.test", '"a b"@x.test', "müller@münchen.test", "a+b@x.test");
    fc.assert(
      fc.property(fc.record<MailAddress>({ name: fc.option(name), address }), (mailbox) => {
        expect(parseAddress(formatAddress(mailbox))).toEqual(mailbox);
      }),
      { seed: 0x5eed, numRuns: 2000 },
    );
  });

  test("whatever it is, gives null or an address that can stand in a header and be read again", () => {
    const text = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.emailAddress(),
      fc.tuple(fc.string(), fc.emailAddress()).map(([shown, address]) => `${shown} <${address}>`),
    );
    fc.assert(
      fc.property(text, (given) => {
        const read = parseAddress(given);
        if (read === null) return;
        const shown = formatAddress(read);
        expect(isHeaderSafe(shown)).toBe(true);
        expect(parseAddress(shown)).toEqual(read);
        expect(Buffer.byteLength(read.address)).toBeLessThanOrEqual(254);
      }),
      { seed: 0x5eed, numRuns: 2000 },
    );
  });
});

test.each<[string, string, string | null]>([
  ["support@d", "support@d", null],
  ["support+x@d", "support@d", "x"],
  ["support+x+y@d", "support@d", "x+y"],
  ["support+@d", "support@d", ""],
  ["+x@d", "+x@d", null],
  ["support@d+x", "support@d+x", null],
  ["no address", "no address", null],
])("%s without its tag is %s", (address, base, tag) => {
  expect(splitSubaddress(address)).toEqual({ base, tag });
});

test.each(["a", "a.b", "a-b_c", "0", "-", "a".repeat(64)])("%s may be the name of an inbox", (username) => {
  expect(isUsername(username)).toBe(true);
});

test.each([
  "",
  ".a",
  "a.",
  "a..b",
  "A",
  "ä",
  "a+b",
  "a b",
  "a@b",
  "a\n",
  "\na",
  "a".repeat(65),
  "a.".repeat(500_000),
])("%#: %.20j may not be the name of an inbox", (username) => {
  expect(isUsername(username)).toBe(false);
});

test.each(["x.test", "a-b.x.test", "xn--mnchen-3ya.test", "1.2.test", `${"a".repeat(63)}.test`])(
  "%s is a domain name",
  (name) => {
    expect(isDomainName(name)).toBe(true);
  },
);

test.each([
  "",
  "test",
  "x.test.",
  ".x.test",
  "x..test",
  "-x.test",
  "x-.test",
  "X.test",
  "münchen.test",
  "x_y.test",
  "1.2.3.4",
  "x.test\n",
  `${"a".repeat(64)}.test`,
  `${"a.".repeat(130)}test`,
  "a-".repeat(500_000),
])("%#: %.20j is no domain name", (name) => {
  expect(isDomainName(name)).toBe(false);
});

test("only what can break a line, a header or JSON is unsafe in a header", () => {
  for (let unit = 0; unit < 0x3000; unit++) {
    const text = `a${String.fromCharCode(unit)}b`;
    const breaks = (unit < 0x20 && unit !== 0x09) || [0x7f, 0x85, 0x2028, 0x2029].includes(unit);
    expect([unit, isHeaderSafe(text)]).toEqual([unit, !breaks]);
  }
  expect(isHeaderSafe("😀")).toBe(true);
  expect(isHeaderSafe("\ud83d")).toBe(false);
  expect(isHeaderSafe("\ude00\ud83d")).toBe(false);
});

test.each([
  ["Desk+Tag@Rookery.TEST", "desk+tag@rookery.test"],
  ["desk@M\u00fcller.test", "desk@xn--mller-kva.test"],
  ["desk@xn--mller-kva.test", "desk@xn--mller-kva.test"],
  ['"desk"@x.test', "desk@x.test"],
  ['"de\\sk"@x.test', "desk@x.test"],
  ['"a b"@x.test', '"a b"@x.test'],
  ['""@x.test', '""@x.test'],
  ["D\u00c9SK@x.test", "d\u00e9sk@x.test"],
  ["desk@\u0600.test", "desk@"],
])("%s is the address %s", (written, canonical) => {
  expect(canonicalAddress(written)).toBe(canonical);
});
