import fc from "fast-check";

/** Code points that UTF-16 keeps for halves of a pair. */
const SURROGATES = { first: 0xd800, count: 0x800 };

/**
 * Any character of Unicode, as the unit of a string: what "binary" gives. That one makes a table of all of them before the first
 * string, which takes a second of CPU and 150 MB in each worker.
 */
export const codePoint: fc.Arbitrary<string> = fc.nat({ max: 0x10ffff - SURROGATES.count }).map(
  (index) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count),
  (character) => {
    const code = typeof character === "string" ? character.codePointAt(0) : undefined;
    if (code === undefined || String.fromCodePoint(code) !== character) throw new Error("no code point");
    return code < SURROGATES.first ? code : code - SURROGATES.count;
  },
);
