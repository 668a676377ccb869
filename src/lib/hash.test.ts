import { expect, test } from "vitest";
import { sha256 } from "./hash.ts";

test.each<[string | Uint8Array, string]>([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [new Uint8Array([0x61, 0x62, 0x63]), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["ü", sha256(new Uint8Array([0xc3, 0xbc])).toString("hex")],
])("%j has the digest FIPS 180-4 gives it", (data, digest) => {
  expect(sha256(data).toString("hex")).toBe(digest);
});

test("a part of a larger buffer is hashed, not what lies around it", () => {
  expect(sha256(Buffer.from("xabcx").subarray(1, 4))).toEqual(sha256("abc"));
});
