import fc from "fast-check";
import iconv from "iconv-lite";
import { expect, it } from "vitest";
import { decodeUtf7 } from "./utf7.ts";

it("is read as iconv-lite reads it, whatever it is", () => {
  const parts = [
    "+",
    "-",
    "A",
    "APw",
    "APw-",
    "Gr+APwA3w-e ",
    "+-",
    "/",
    "2D3eAA",
    "=",
    "\xfc",
    "x y",
    "\r\n",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), (some) => {
      const bytes = Buffer.from(some.join(""), "latin1");
      expect(decodeUtf7(bytes)).toBe(iconv.decode(bytes, "utf-7"));
    }),
    { numRuns: 2000 },
  );
});

it("of characters beyond the first 65,536, and of any text, gives what was written", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(decodeUtf7(iconv.encode(text.toWellFormed(), "utf-7"))).toBe(text.toWellFormed());
    }),
  );
});
