import { expect, it } from "vitest";
import { hashPassword, isPassword, SALT_BYTES } from "./password-hash.ts";

const salt = (byte: number): Uint8Array => new Uint8Array(SALT_BYTES).fill(byte);

it("the password is recognised, and nothing else, not even a longer or a shorter one", async () => {
  const stored = await hashPassword("Correct-Horse-Battery-1", salt(1));
  expect(stored).not.toContain("Correct");
  const guesses = [
    "Correct-Horse-Battery-1",
    "Correct-Horse-Battery-",
    "Correct-Horse-Battery-12",
    "",
    "correct-horse-battery-1",
  ];
  const answers = await Promise.all(guesses.map((guess) => isPassword(guess, stored)));
  expect(answers).toEqual([true, false, false, false, false]);
});

it("where no password is stored none is right", async () => {
  expect(await isPassword("", null)).toBe(false);
  expect(await isPassword("Correct-Horse-Battery-1", null)).toBe(false);
});

it("two hashes of one password differ by their salts, and a hash of other parameters is still read", async () => {
  const [one, other] = await Promise.all([
    hashPassword("Same-Password-123456", salt(1)),
    hashPassword("Same-Password-123456", salt(2)),
  ]);
  expect(one).not.toBe(other);
  // RFC 7914 section 12: scrypt("pleaseletmein", "SodiumChloride", N=16384, r=8, p=1), its first 32 octets.
  const vector = Buffer.from("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2", "hex");
  const base64 = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");
  const stored = `$scrypt$ln=14,r=8,p=1$${base64(Buffer.from("SodiumChloride"))}$${base64(vector)}`;
  expect(await isPassword("pleaseletmein", stored)).toBe(true);
  const weaker = `$scrypt$ln=10,r=8,p=16$${base64(Buffer.from("NaCl"))}$${base64(Buffer.from("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162", "hex"))}`;
  expect(await isPassword("password", weaker)).toBe(true);
});

it("what is no hash is an error, and never a right password", async () => {
  await expect(isPassword("x", "plain")).rejects.toThrow("cannot be read");
});
