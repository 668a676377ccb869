import fc from "fast-check";
import { expect, test } from "vitest";
import { toTsvector } from "./document.ts";
import { createHighlighter } from "./highlight.ts";
import { MAX_QUERY_TERMS, readQuery, toTsquery } from "./query.ts";
import { askedWordsOf, termsOf, wordsOf } from "./terms.ts";

test.each([
  ["one two", "(('one') & ('two'))"],
  ['"one two" three', "(('one' <1> 'two') & ('three'))"],
  ["one OR two three", "(('one')) | (('two') & ('three'))"],
  ["one or two", "(('one') & ('or') & ('two'))"],
  ["one -two", "(('one') & !('two'))"],
  ['-"one two"', "(!('one' <1> 'two'))"],
  ["inv* in*", "(('inv':*) & ('in'))"],
  ['"inv*"', "(('inv'))"],
  ["ann@acme.test", "(('ann' <1> 'acme' <1> 'test'))"],
  ["well-known", "(('well' <1> 'known'))"],
  ["東京都 塔", "(('東京' <1> '京都') & ('塔'))"],
  ["東京tower", "(('東京' <2> 'tower'))"],
  ["ÉTÉ ὈΔΥΣΣΕΎΣ", "(('ete') & ('οδυσσευσ'))"],
  ["OR OR AND -", null],
  ["Straße*", "((('strasse':* | 'straße':*)))"],
  ["שָׁלוֹם", "((('שלום' | 'שָׁלוֹם')))"],
  ["مُحَمَّد", "((('محمد' | 'مُحَمَّد')))"],
  ["سـلام", "((('سلام' | 'سـلام')))"],
  ["أحمد", "(('أحمد'))"],
  ['"Łódź now"', "((('lodz' | 'łodz') <1> 'now'))"],
  ["'a\\ <-> b'", "(('a') & ('b'))"],
  ["", null],
])("%j is asked for as %j", (query, tsquery) => {
  expect(toTsquery(readQuery(query))).toBe(tsquery);
});

const pieces = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    '"',
    "OR",
    "AND",
    "-",
    "*",
    "(",
    ")",
    "&",
    "|",
    "!",
    "<->",
    ":",
    "'",
    "\\",
    "\0",
    "\ud800",
    "\udc00",
    " ",
  ),
  fc.constantFrom("word", "東京", "서울", "e\u0301", "ｶﾞ", "😀", "ß", "İ"),
);
const queries = fc.array(pieces, { maxLength: 80 }).map((parts) => parts.join(""));
const quoted = /^'[\p{L}\p{N}\p{M}]{1,64}'(:\*)?$/u;

test("whatever is typed becomes a tsquery of letters, digits and marks in quotes, with a bounded number of terms", () => {
  fc.assert(
    fc.property(queries, (query) => {
      const text = toTsquery(readQuery(query));
      if (text === null) return;
      const terms = text
        .split(/[()!&|]| <\d+> /u)
        .map((part) => part.trim())
        .filter((part) => part !== "");
      expect(terms.filter((term) => !quoted.test(term))).toEqual([]);
      expect(terms.length).toBeLessThanOrEqual(MAX_QUERY_TERMS);
      expect(text.isWellFormed()).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("a text is found by each of its words, and by what stands between two spaces as a phrase", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      const text = parts.join(" ");
      const known = new Set(termsOf(text.normalize("NFC"), 10_000).map((term) => term.text));
      const asked = readQuery(text.replaceAll(/["“”„]|OR|AND/gu, " ")).flat();
      for (const { terms } of asked)
        for (const term of terms)
          expect(known.has(term.text), `${term.text} of ${JSON.stringify(text)}`).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("terms lie in order, within the text, at places that never go back", () => {
  fc.assert(
    fc.property(queries, (text) => {
      let before = { position: 0, start: 0 };
      for (const term of termsOf(text, 1000)) {
        expect(term.position).toBeGreaterThanOrEqual(before.position);
        expect(term.start).toBeGreaterThanOrEqual(before.start);
        expect(term.end).toBeGreaterThan(term.start);
        expect(term.end).toBeLessThanOrEqual(text.length);
        before = term;
      }
    }),
    { numRuns: 1000 },
  );
});

test("a document is text that PostgreSQL reads: words of ours in quotes, then terms with places", () => {
  fc.assert(
    fc.property(fc.array(queries, { maxLength: 4 }), (texts) => {
      const fields = texts.map((text, index) => ({
        text,
        weight: (["A", "B", "D"] as const)[index % 3] ?? "D",
      }));
      const [mark, ...words] = toTsvector(fields, ["@o1"]).split(" ");
      expect(mark).toBe("'@o1'");
      expect(words.filter((word) => !/^[\p{L}\p{N}\p{M}]{1,64}:\d+[AB]?(?:,\d+[AB]?)*$/u.test(word))).toEqual(
        [],
      );
      const names = words.map((word) => word.split(":", 1)[0]);
      expect(new Set(names).size).toBe(names.length);
    }),
  );
});

test("a word of a document stands once, with each of its places and weights", () => {
  const fields = [
    { text: "Again", weight: "A" },
    { text: "once and again, AGAIN", weight: "D" },
  ] as const;
  expect(toTsvector(fields, [])).toBe("again:1A,6,7 once:4 and:5");
});

test("text that is ASCII has the same terms as beside other text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 200 }), fc.nat(30), (text, most) => {
      const beside = termsOf(`${text} é`, 1000).slice(0, -1);
      expect(termsOf(text, 1000)).toEqual(beside);
      expect(termsOf(text, most)).toEqual(beside.slice(0, most));
    }),
  );
});

test.each([
  ["invoice", "The Invoice of July", ["The **Invoice** of July"]],
  ["inv*", "The invoices, an invitation", ["The **invoices**, an **invitation**"]],
  ["京都", "東京都に行く", ["東**京都**に行く"]],
  ["東京都", "東京都に行く", ["**東京都**に行く"]],
  ["cafe", "Un cafe\u0301 noir", ["Un **café** noir"]],
  ["-invoice july", "invoice july", ["invoice **july**"]],
  ["x", `${"a ".repeat(100)}x${" b".repeat(100)}`, [`${"a ".repeat(29)}**x**${" b".repeat(29)}`]],
  ["nothing", "something", []],
  [
    "strasse",
    "Die Hauptstr., Straße, STRASSE und STRAẞE",
    ["Die Hauptstr., **Straße**, **STRASSE** und **STRAẞE**"],
  ],
  ["straße", "Strasse", ["**Strasse**"]],
  ["ısparta", "Isparta, ISPARTA, İsparta", ["**Isparta**, **ISPARTA**, **İsparta**"]],
  ["lodz oresund aether", "Łódź, Øresund, Æther", ["**Łódź**, **Øresund**, **Æther**"]],
  ["שלום", "אמר שָׁלוֹם לכולם", ["אמר **שָׁלוֹם** לכולם"]],
  ["مُحَمَّد", "قال محمد", ["قال **محمد**"]],
  ["abc", "ＡＢＣ", ["**ＡＢＣ**"]],
  ["odysseus οδυσσευς", "ΟΔΥΣΣΕΥΣ", ["**ΟΔΥΣΣΕΥΣ**"]],
  ["office", "the oﬃce", ["the **oﬃce**"]],
])("%j is shown in a text", (query, text, shown) => {
  expect(createHighlighter(readQuery(query))(text)).toEqual(shown);
});

test("what is shown is well-formed and bounded, whatever the text", () => {
  fc.assert(
    fc.property(queries, queries, (query, text) => {
      const shown = createHighlighter(readQuery(query))(text);
      expect(shown.length).toBeLessThanOrEqual(3);
      for (const piece of shown) expect(piece).toContain("**");
    }),
  );
});

test("whole words of a name keep their script's runs together", () => {
  expect(wordsOf("Acme 営業部 acme É-mail", 10)).toEqual(["acme", "営業部", "e", "mail"]);
});

test("a name is found by each spelling of its words, and one stored by an earlier version as it was", () => {
  expect(wordsOf("Straße Łódź", 10)).toEqual(["straße", "strasse", "łodz", "lodz"]);
  expect(askedWordsOf("STRASSE straße lodz", 10)).toEqual(["strasse", "straße", "lodz"]);
});
