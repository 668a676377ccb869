import { expect, test } from "vitest";
import { SMTP_BYTES_LOOKED_THROUGH } from "./limits.ts";
import { findBareLineFeed } from "./line-ends.ts";

const PIECES = 3;

/** Where it is found in a mail of three pieces with so short lines, and how often others had the event loop meanwhile. */
async function find(change: (raw: Buffer) => void) {
  let pauses = 0;
  const raw = Buffer.from("x\r\n".repeat((PIECES * SMTP_BYTES_LOOKED_THROUGH) / 3));
  change(raw);
  return { at: await findBareLineFeed(raw, async () => void pauses++), pauses };
}

test("a long mail is looked through in pieces", async () => {
  expect(await find(() => undefined)).toEqual({ at: null, pauses: PIECES - 1 });
});

test.each([0, SMTP_BYTES_LOOKED_THROUGH, SMTP_BYTES_LOOKED_THROUGH - 1, 2 * SMTP_BYTES_LOOKED_THROUGH + 5])(
  "a line feed alone is found, also where a piece begins or ends: at octet %i",
  async (at) => {
    const { at: found } = await find((raw) => {
      raw.fill("x", Math.max(0, at - 2), at + 3);
      raw[at] = 10;
    });
    expect(found).toBe(at);
  },
);
