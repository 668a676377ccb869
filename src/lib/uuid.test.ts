import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createIdSource, firstIdAt, isUuid } from "./uuid.ts";

const fixed = (byte: number) => (count: number) => new Uint8Array(count).fill(byte);

describe("an id", () => {
  test("holds its time, its version and its variant where RFC 9562 has them", () => {
    const now = Date.UTC(2024, 0, 1);
    expect(createIdSource(() => now, fixed(0xff))()).toBe("018cc251-f400-7000-bfff-ffffffffffff");
    expect(createIdSource(() => now, fixed(0))()).toBe("018cc251-f400-7000-8000-000000000000");
    expect(createIdSource(() => 0, fixed(0))()).toMatch(/^00000000-0000-7/);
  });

  test("sorts behind every id before it, whatever the clock does", () => {
    const steps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -5000, max: 5000 })), {
      minLength: 2,
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, (changes) => {
        let now = Date.UTC(2024, 0, 1);
        const next = createIdSource(() => now, randomBytes);
        const ids = changes.map((change) => {
          now += change;
          return next();
        });
        expect(ids.toSorted()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.every(isUuid)).toBe(true);
      }),
      { seed: 0x5eed, numRuns: 300 },
    );
  });

  test("sorts behind every id before it also when one millisecond has more than fit into it", () => {
    let now = Date.UTC(2024, 0, 1);
    const next = createIdSource(() => now, fixed(0));
    const ids = Array.from({ length: 10_000 }, next);
    now += 1;
    ids.push(...Array.from({ length: 10_000 }, next));
    now += 1000;
    ids.push(next());
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    // Borrowed from the future, and given back when it comes.
    expect(ids.at(-1)?.slice(0, 13)).toBe(
      now
        .toString(16)
        .padStart(12, "0")
        .replace(/^(.{8})/, "$1-"),
    );
  });

  test("of another source differs in what is random", () => {
    const now = () => Date.UTC(2024, 0, 1);
    const ids = Array.from({ length: 1000 }, () => createIdSource(now, randomBytes)());
    expect(new Set(ids).size).toBe(1000);
  });
});

test.each([
  "018cc251-f400-7000-bfff-ffffffffffff",
  "018CC251-F400-7000-BFFF-FFFFFFFFFFFF",
  "00000000-0000-0000-0000-000000000000",
  "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
])("%s is a UUID", (text) => {
  expect(isUuid(text)).toBe(true);
});

test.each([
  "",
  "x",
  "018cc251f4007000bfffffffffffffff",
  "018cc251-f400-7000-bfff-fffffffffff",
  "018cc251-f400-7000-bfff-fffffffffffff",
  "{018cc251-f400-7000-bfff-ffffffffffff}",
  "018cc251-f400-7000-bfff-ffffffffffff\n",
  "018cc251-f400-7000-bfff-fffffffffffg",
  "018cc251-f400-7000-bfff-ffffffffffff' or '1'='1",
])("%j is no UUID", (text) => {
  expect(isUuid(text)).toBe(false);
});

test("the first id of a moment sorts behind all that were made before, and before those of the moment", () => {
  let ms = 1_790_000_000_000;
  const newId = createIdSource(
    () => ms,
    (bytes) => new Uint8Array(bytes),
  );
  const before = Array.from({ length: 100 }, newId);
  ms++;
  const ids = [...before, firstIdAt(ms), newId()];
  expect(ids.toSorted()).toEqual(ids);
  expect(isUuid(firstIdAt(ms))).toBe(true);
  expect(firstIdAt(-ms)).toBe(firstIdAt(0));
});
