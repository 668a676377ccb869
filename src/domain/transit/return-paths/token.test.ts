import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, it, test } from "vitest";
import { createSealer } from "../../../lib/seal.ts";
import { deliveryOfReturnPath, returnPathFor } from "./index.ts";
import { RETURN_PATH_DAYS } from "./limits.ts";

const sealer = createSealer(randomBytes(32));
const now = new Date("2026-11-27T12:00:00Z");
const after = (days: number): Date => new Date(now.getTime() + days * 86_400_000);

const id = "01a003f3-1280-7007-a1c2-3d4e5f607182";
const address = returnPathFor(sealer, id, "mail.agents.example", now);

it("names its delivery, on whatever host and in whatever case it comes back", () => {
  expect(address).toMatch(/^bounces\+[a-z2-7]{45}@mail\.agents\.example$/);
  expect(deliveryOfReturnPath(sealer, address, now)).toBe(id);
  expect(deliveryOfReturnPath(sealer, address.toUpperCase(), now)).toBe(id);
  expect(deliveryOfReturnPath(sealer, address.replace(/@.*/, "@other.example"), now)).toBe(id);
});

it("counts until its days are over", () => {
  expect(deliveryOfReturnPath(sealer, address, after(RETURN_PATH_DAYS))).toBe(id);
  expect(deliveryOfReturnPath(sealer, address, after(RETURN_PATH_DAYS + 1))).toBeNull();
});

it("is nobody's when it was signed by another installation, or anything of it was changed", () => {
  expect(deliveryOfReturnPath(createSealer(randomBytes(32)), address, now)).toBeNull();
  for (let at = "bounces+".length; at < address.indexOf("@"); at++) {
    const other = address[at] === "a" ? "b" : "a";
    const changed = address.slice(0, at) + other + address.slice(at + 1);
    expect(deliveryOfReturnPath(sealer, changed, now), changed).toBeNull();
  }
});

test.each([
  "",
  "@",
  "bounces",
  "bounces@mail.agents.example",
  "bounces+@mail.agents.example",
  `bounces+${"a".repeat(45)}@mail.agents.example`,
  `bounces+${"a".repeat(100_000)}@mail.agents.example`,
  address.replace("@", "a@"),
  address.replace("bounces+", "bounces-"),
  address.replace(/@.*/, ""),
])("%.40s is no return path", (text) => {
  expect(deliveryOfReturnPath(sealer, text, now)).toBeNull();
});

it("is read back for any id, and never for any other text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => deliveryOfReturnPath(sealer, `bounces+${text}@x.test`, now) === null),
    { seed: 0x5eed },
  );
  for (let round = 0; round < 200; round++) {
    const one = randomUUID();
    expect(deliveryOfReturnPath(sealer, returnPathFor(sealer, one, "h.test", now), now)).toBe(one);
  }
});
