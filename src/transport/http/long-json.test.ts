/** A long JSON text is read in pieces, to what it is in one, and others have the event loop between them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseLongJson } from "./long-json.ts";
import { ordinaryJson, parseJson } from "./parse-json.ts";

/** The value, or what it is refused with; undefined: it is no JSON. */
async function outcomeOf(read: () => unknown): Promise<unknown> {
  try {
    return { value: await read() };
  } catch (error) {
    return { refused: String(error) };
  }
}

const inPieces = (text: Uint8Array, bytes: number) =>
  outcomeOf(() => parseLongJson(text, ordinaryJson, { bytes, pause: () => Promise.resolve() }));
const atOnce = (text: Uint8Array) => outcomeOf(() => parseJson(text));

const characters = fc.constantFrom("a", '"', "\\", "\n", "é", "€", "😀", "u0041", "__proto__", ",", "[", "}");
const words = fc.array(characters, { maxLength: 12 }).map((some) => some.join(""));
/**
 * V8 13.6 takes an escaped name for one with a backslash in it that an object before it had in the same place, `"\\u0061"` for `\\`: what is read at once would
 * differ by what was read before.
 */
const withoutBackslash = (word: string): string => word.replaceAll("\\", "/");
const blanks = fc.constantFrom("", " ", "\n\t", "      ");

/** JSON with blanks, and escapes where they need not be. */
const texts: fc.Arbitrary<string> = fc.letrec<{ readonly value: string }>((tie) => {
  const spell = (some: typeof words) =>
    fc
      .tuple(some, fc.boolean())
      .map(([word, isEscaped]) =>
        isEscaped
          ? `"${[...Array(word.length).keys()].map((at) => `\\u${word.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")}"`
          : JSON.stringify(word),
      );
  const member = fc
    .tuple(spell(words.map(withoutBackslash)), tie("value"), blanks)
    .map(([name, value, blank]) => `${blank}${name}${blank}:${value}`);
  const within = (items: fc.Arbitrary<string>, [begin, end]: string) =>
    fc
      .tuple(fc.array(items, { maxLength: 6 }), blanks)
      .map(([some, blank]) => `${begin}${some.join(",")}${blank}${end}`);
  return {
    value: fc
      .tuple(
        blanks,
        fc.oneof(
          { depthSize: "medium" },
          fc.constantFrom("1", "-2.5e3", "true", "null"),
          spell(words),
          within(tie("value"), "[]"),
          within(member, "{}"),
        ),
        blanks,
      )
      .map((parts) => parts.join("")),
  };
}).value;

it("is what it is in one piece", async () => {
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 8, max: 40 }), fc.boolean(), async (text, bytes, hasMark) => {
      const given = Buffer.from(hasMark ? `\uFEFF${text}` : text);
      expect(await inPieces(given, bytes)).toEqual(await atOnce(given));
    }),
    { numRuns: 2000 },
  );
});

it("is no JSON where it is none in one piece", async () => {
  const broken = fc.constantFrom("", ",", "[", "]", "{", "}", '"', "\\", ":", "1", "\uFEFF", "\xff");
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(texts, fc.nat(), broken, fc.boolean()),
      fc.integer({ min: 8, max: 40 }),
      async ([text, at, octets, isInserted], bytes) => {
        const given = Buffer.from(text);
        const place = given.length === 0 ? 0 : at % given.length;
        const wrong = Buffer.concat([
          given.subarray(0, place),
          Buffer.from(octets, octets === "\xff" ? "latin1" : "utf8"),
          given.subarray(isInserted ? place : place + 1),
        ]);
        const [pieces, whole] = [await inPieces(wrong, bytes), await atOnce(wrong)];
        expect(pieces).toEqual(whole);
      },
    ),
    { numRuns: 4000 },
  );
});

it.each([
  ["entries", JSON.stringify({ list: Array.from({ length: 1001 }, () => 1) })],
  ["values", `[${"[],".repeat(20_000)}1]`],
  ["a name that is too long", JSON.stringify({ a: { ["n".repeat(600)]: 1 } })],
  ["half a character", JSON.stringify({ a: ["x".repeat(300), "\ud800"] })],
  ["NUL", JSON.stringify({ a: { b: `${"x".repeat(300)}\0` } })],
])("refuses %s as one piece does", async (_what, text) => {
  const whole = await atOnce(Buffer.from(text));
  expect(whole).toHaveProperty("refused");
  expect(await inPieces(Buffer.from(text), 64)).toEqual(whole);
});

it("refuses what is too deep", async () => {
  const text = Buffer.from(JSON.stringify({ a: JSON.parse(`${"[".repeat(40)}1${"]".repeat(40)}`) }));
  expect(await inPieces(text, 16)).toEqual({ refused: "Error: JSON may be nested 32 levels deep at most" });
});

it("lets others have the event loop after each piece, whatever the text is made of", async () => {
  const [bytes, times] = [1000, 50];
  const list = <One>(of: (at: number) => One): One[] => Array.from({ length: times * 50 }, (_, at) => of(at));
  const bounds = { entries: 100_000, values: 1_000_000 };
  for (const value of [
    { list: list((at) => ({ slug: `tenant-${at}` })) },
    { text: '"\n'.repeat(times * 250) },
    Object.fromEntries(list((at) => [`name-${at}`, at])),
    { a: { b: { c: list(() => "some text or other") } } },
  ]) {
    const text = Buffer.from(JSON.stringify(value));
    let pauses = 0;
    const pause = async (): Promise<void> => void pauses++;
    expect(await parseLongJson(text, bounds, { bytes, pause })).toEqual(value);
    expect(pauses).toBeGreaterThan(text.byteLength / bytes / 2);
  }
});
