/** Mails broken at random. A million of them are run by `node test/mime/run-mutations.ts`; what that found is in `finds`. */
import { describe, expect, test } from "vitest";
import { mutation, randomNumbers } from "./mutations.ts";
import { unsoundness } from "./soundness.ts";

describe("a mail broken at random", () => {
  test("is read without failing, twice alike, into what can be stored and answered", () => {
    const random = randomNumbers(0x5eed);
    for (let count = 0; count < 5000; count++) {
      const raw = mutation(random);
      expect([unsoundness(raw), raw.toString("latin1")]).toEqual([null, raw.toString("latin1")]);
    }
  });
});
