import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSealer, SealBroken } from "./seal.ts";

const key = Buffer.alloc(32, 7);
const sealer = createSealer(key);
const other = createSealer(Buffer.alloc(32, 8));
const text = fc.string({ unit: "grapheme", maxLength: 200 });

describe("what is sealed", () => {
  test("opens to what it was, for the same purpose and under the same key", () => {
    fc.assert(
      fc.property(text, text, (plain, purpose) => {
        expect(createSealer(key).open(sealer.seal(plain, purpose), purpose)).toBe(plain);
      }),
      { seed: 0x5eed, numRuns: 300 },
    );
  });

  test("is never the same twice, and does not show what is in it", () => {
    const seals = Array.from({ length: 1000 }, () => sealer.seal("a secret", "p"));
    expect(new Set(seals.map((sealed) => sealed.toString("hex"))).size).toBe(1000);
    expect(new Set(seals.map((sealed) => sealed.subarray(1, 13).toString("hex"))).size).toBe(1000);
    expect(seals.some((sealed) => sealed.includes("secret"))).toBe(false);
  });

  test("does not open for another purpose or under another key", () => {
    const sealed = sealer.seal("plain", "webhook");
    expect(() => sealer.open(sealed, "dkim")).toThrow(SealBroken);
    expect(() => sealer.open(sealed, "webhook ")).toThrow(SealBroken);
    expect(() => sealer.open(sealed, "")).toThrow(SealBroken);
    expect(() => other.open(sealed, "webhook")).toThrow(SealBroken);
  });

  test("does not open when any bit of it was changed, or any byte is missing or more", () => {
    const sealed = sealer.seal("plain", "p");
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => sealer.open(changed, "p")).toThrow(SealBroken);
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => sealer.open(sealed.subarray(0, length), "p")).toThrow(SealBroken);
    expect(() => sealer.open(Buffer.concat([sealed, Buffer.alloc(1)]), "p")).toThrow(SealBroken);
  });

  test("is distinguished from any other bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => sealer.open(bytes, "p")).toThrow(SealBroken);
        expect(() => sealer.open(Buffer.concat([Buffer.from([1]), bytes]), "p")).toThrow(SealBroken);
      }),
      { seed: 0x5eed, numRuns: 500 },
    );
  });

  test("does not tell what is in it when it does not open", () => {
    const sealed = sealer.seal("a secret", "p");
    expect(() => sealer.open(sealed, "q")).toThrow(/^(?!.*secret).*$/);
  });
});

describe("a signature", () => {
  test("is believed for the text, purpose and key it was made for, and no other", () => {
    fc.assert(
      fc.property(text, text, text, (signed, purpose, another) => {
        const signature = sealer.sign(signed, purpose);
        expect(signature).toMatch(/^[\w-]{43}$/);
        expect(sealer.verify(signed, signature, purpose)).toBe(true);
        expect(other.verify(signed, signature, purpose)).toBe(false);
        fc.pre(another !== signed && another !== purpose);
        expect(sealer.verify(another, signature, purpose)).toBe(false);
        expect(sealer.verify(signed, signature, another)).toBe(false);
      }),
      { seed: 0x5eed, numRuns: 300 },
    );
  });

  test("is not believed in another spelling", () => {
    const signature = sealer.sign("text", "p");
    const last = signature.at(-1) ?? "";
    const next = String.fromCharCode(last.charCodeAt(0) + 1);
    for (const spelling of [
      "",
      `${signature}=`,
      ` ${signature}`,
      signature.slice(0, -1),
      signature.slice(0, -1) + next,
      "ü".repeat(43),
      signature.toUpperCase(),
    ])
      expect(sealer.verify("text", spelling, "p")).toBe(false);
  });

  test("does not sign what is sealed: the two have keys of their own", () => {
    const signature = Buffer.from(sealer.sign("text", "p"), "base64url");
    expect(signature.equals(Buffer.from(sealer.sign("text", "seal:p"), "base64url"))).toBe(false);
    expect(() => sealer.open(Buffer.concat([Buffer.from([1]), signature]), "p")).toThrow(SealBroken);
  });
});

test.each([0, 16, 31, 33, 64])("a key of %i bytes is refused", (length) => {
  expect(() => createSealer(Buffer.alloc(length))).toThrow("32 bytes");
});
