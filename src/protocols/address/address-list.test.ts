import { describe, expect, test } from "vitest";
import { formatAddress, parseReceivedAddress } from "./address.ts";
import { readAddressList } from "./address-list.ts";

/** As a list shows them; words are left as they stand but for `=20`. */
const read = (text: string): string[] =>
  readAddressList(
    text,
    (word) => word.replaceAll(/=\?u\?q\?(.*?)\?=/g, "$1").replaceAll("=40", "@"),
    1000,
  ).map(formatAddress);

describe("an address list", () => {
  test.each<[string, string[]]>([
    ["", []],
    [" , ,", []],
    ["a@x.test", ["a@x.test"]],
    ["a@x.test,b@x.test", ["a@x.test", "b@x.test"]],
    ["Ann <a@x.test>, Bob <b@x.test>", ["Ann <a@x.test>", "Bob <b@x.test>"]],
    ["Ann <a@x.test>; Bob <b@x.test>", ["Ann <a@x.test>", "Bob <b@x.test>"]],
    ['"Lee, Ann" <a@x.test>', ['"Lee, Ann" <a@x.test>']],
    ['"Ann \\"Lee\\"" <a@x.test>', ['"Ann \\"Lee\\"" <a@x.test>']],
    ["a@x.test (Ann Lee)", ["Ann Lee <a@x.test>"]],
    ["<a@x.test> (Ann Lee)", ["Ann Lee <a@x.test>"]],
    ["<a@x.test> Ann", ["Ann <a@x.test>"]],
    ["=?u?q?Lee,_Ann?= <a@x.test>", ['"Lee,_Ann" <a@x.test>']],
  ])("%j", (text, list) => {
    expect(read(text)).toEqual(list);
  });

  test.each<[string, string, string[]]>([
    ["a group", "Team: a@x.test, B <b@x.test>; c@x.test", ["a@x.test", "B <b@x.test>", "c@x.test"]],
    ["an empty group", "undisclosed-recipients:;", []],
    ["a quoted group", '"The Team": a@x.test;', ["a@x.test"]],
    ["a group without its end", "Team: a@x.test, b@x.test", ["a@x.test", "b@x.test"]],
    ["groups behind each other", "A: a@x.test; B: b@x.test;", ["a@x.test", "b@x.test"]],
  ])("with %s holds all its members", (_what, text, list) => {
    expect(read(text)).toEqual(list);
  });

  test.each<[string, string, string]>([
    ["in the brackets", "Pete <pete(his account)@silly.test(his host)>", "Pete <pete@silly.test>"],
    ["in the name", "Pete(A nice \\) chap) <pete@silly.test>", "Pete <pete@silly.test>"],
    ["in each other", "(a (nested) one) pete@silly.test", "a (nested) one <pete@silly.test>"],
    ["between its parts", "pete (one) @ (two) silly.test", "two <pete@silly.test>"],
    ["with a comma", "Pete (a, b) <pete@silly.test>", "Pete <pete@silly.test>"],
    ["with an address", "Pete (was: old@x.test) <pete@silly.test>", "Pete <pete@silly.test>"],
  ])("with comments %s has none of them in the address", (_what, text, shown) => {
    expect(read(text).map((each) => each.replaceAll('"', ""))).toEqual([shown]);
  });

  test.each<[string, string, string]>([
    ["a blank", '"front desk"@x.test', '"front desk"@x.test'],
    ["an @", 'Desk <"a@b"@x.test>', 'Desk <"a@b"@x.test>'],
    ["brackets and a comma", '<"a<b>,c"@x.test>', '"a<b>,c"@x.test'],
    ["a quote", '"a\\"b"@x.test', '"a\\"b"@x.test'],
    ["nothing that needs it", '"jane"@x.test', '"jane"@x.test'],
    ["a blank, without the quotes", "Desk <front desk@x.test>", 'Desk <"front desk"@x.test>'],
  ])("with a quoted local part that holds %s keeps it", (_what, text, shown) => {
    expect(read(text)).toEqual([shown]);
  });

  test.each<[string, string, string]>([
    ["two dots in a row", "Taro <taro..1970@x.test>", "Taro <taro..1970@x.test>"],
    ["a dot before the @", "taro.@x.test", "taro.@x.test"],
    ["a source route", "Jane <@a.test,@b.test:jane@x.test>", "Jane <jane@x.test>"],
    ["blanks around @ and dots", "Jane <jane . doe @ x . test>", "Jane <jane.doe@x.test>"],
    ["mailto", "<mailto:jane@x.test>", "jane@x.test"],
    ["mailto without brackets", "mailto:jane@x.test", "jane@x.test"],
    ["brackets in brackets", "Jane <<jane@x.test>>", "Jane <jane@x.test>"],
    ["a bracket never closed", "Jane <jane@x.test", "Jane <jane@x.test>"],
    ["no brackets behind a name", "Jane Doe jane@x.test", "Jane Doe <jane@x.test>"],
    ["quotes around the whole", '"jane@x.test"', "jane@x.test"],
    ["apostrophes around the whole", "'jane@x.test'", "jane@x.test"],
    ["itself for a name", '"jane@x.test" <jane@x.test>', '"jane@x.test" <jane@x.test>'],
    ["empty brackets behind it", "jane@x.test <>", "jane@x.test"],
    ["a quote never closed", '"Jane <jane@x.test>', '"\\"Jane" <jane@x.test>'],
    ["a name in brackets", "<Jane Doe> <jane@x.test>", "Jane Doe <jane@x.test>"],
    ["a dot behind the domain", "jane@x.test.", "jane@x.test"],
    ["its @ in an encoded word", "=?u?q?jane=40x.test?=", "jane@x.test"],
    ["an encoded domain", "<jane@=?u?q?münchen?=.test>", "jane@münchen.test"],
    ["another script's domain", "Jane <jane@例え.test>", "Jane <jane@例え.test>"],
  ])("that somebody wrote with %s gives an address to answer", (_what, text, shown) => {
    expect(read(text)).toEqual([shown]);
  });

  test("cut at a limit has the first of them", () => {
    expect(readAddressList("a@x, b@x, c@x", String, 2).map(({ address }) => address)).toEqual(["a@x", "b@x"]);
  });

  test.each(["Ann", "<>", '""', "Ann <nobody>", "@", "a@", "@x.test", "(a@x.test)", ":", "a b c"])(
    "without an address, as in %j, is empty",
    (text) => {
      expect(read(text)).toEqual([]);
    },
  );

  test("every address read can be read again from what a list shows of it", () => {
    for (const text of [
      "taro..1970@x.test",
      '"front desk"@x.test',
      'A <"a<b>,c"@x.test>',
      "B <b_c@my_x.test>",
    ]) {
      const [first] = readAddressList(text, String, 1);
      expect(first).toBeDefined();
      if (first !== undefined) expect(parseReceivedAddress(formatAddress(first))).toEqual(first);
    }
  });
});

describe("an address a mail brought", () => {
  test.each([
    "a..b@x.test",
    ".a@x.test",
    "a.@x.test",
    `${"a".repeat(200)}@x.test`,
    "a@x_y.test",
    '"a b"@x.test',
  ])("can be written to: %s", (text) => {
    expect(parseReceivedAddress(`Ann <${text}>`)).toEqual({ name: "Ann", address: text });
  });

  test.each([
    "",
    "a",
    "a@",
    "a b@x.test",
    "a@x..test",
    "a@[127.0.0.1]",
    "a@1.2.3.4",
    "a\n@x.test",
    "a@x\0.test",
  ])("%j is none", (text) => {
    expect(parseReceivedAddress(text)).toBeNull();
  });
});
