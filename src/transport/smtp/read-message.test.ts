import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { type ByteBudget, createByteBudget, readMessage } from "./read-message.ts";

const bounds = { limitBytes: 1000, overrunBytes: 4000 };
const piece = (size: number, fill = "x") => Buffer.alloc(size, fill);

/** Whether nothing of the budget is held. */
function isFree(budget: ByteBudget, limit: number): boolean {
  return budget.tryAcquire(limit);
}

test("the message is all its pieces in order, whatever their sizes", async () => {
  const pieces = [piece(1, "a"), piece(300, "b"), piece(0), piece(2, "c"), piece(697, "d")];
  const read = await readMessage(Readable.from(pieces), createByteBudget(10_000), bounds);
  expect(read).toMatchObject({ kind: "whole" });
  expect(read.kind === "whole" && Buffer.from(read.raw).equals(Buffer.concat(pieces))).toBe(true);
});

test("100,000 pieces of one byte become one piece of memory, no larger than twice the message", async () => {
  const limit = 100_000;
  const budget = createByteBudget(2 * limit);
  const pieces = Readable.from(Array.from({ length: limit }, () => piece(1)));
  const read = await readMessage(pieces, budget, { limitBytes: limit, overrunBytes: limit });
  expect(read.kind === "whole" && read.raw.length).toBe(limit);
});

test("one byte over the limit is too large, and it is read to its end", async () => {
  const stream = Readable.from([piece(1000), piece(1), piece(500)]);
  const budget = createByteBudget(1000);
  expect((await readMessage(stream, budget, bounds)).kind).toBe("too_large");
  expect(stream.readableEnded).toBe(true);
  expect(isFree(budget, 1000)).toBe(true);
});

test("one that goes on far beyond the limit is not read to its end", async () => {
  let given = 0;
  async function* endless() {
    for (;;) {
      given += 100;
      yield piece(100);
    }
  }
  const budget = createByteBudget(1000);
  expect((await readMessage(endless(), budget, bounds)).kind).toBe("endless");
  expect(given).toBeLessThanOrEqual(4200);
  expect(isFree(budget, 1000)).toBe(true);
});

test("a message beyond what is left of the budget is refused, and taken once others have released theirs", async () => {
  const budget = createByteBudget(1500);
  const first = await readMessage(Readable.from([piece(1000)]), budget, bounds);
  expect((await readMessage(Readable.from([piece(600)]), budget, bounds)).kind).toBe("over_budget");
  if (first.kind === "whole") first.release();
  expect((await readMessage(Readable.from([piece(600)]), budget, bounds)).kind).toBe("whole");
});

test("a client that breaks off leaves nothing held", async () => {
  async function* broken() {
    yield piece(500);
    throw new Error("gone");
  }
  const budget = createByteBudget(1000);
  await expect(readMessage(broken(), budget, bounds)).rejects.toThrow("gone");
  expect(isFree(budget, 1000)).toBe(true);
});

test("releasing twice releases once", async () => {
  const budget = createByteBudget(1500);
  const read = await readMessage(Readable.from([piece(1000)]), budget, bounds);
  if (read.kind === "whole") {
    read.release();
    read.release();
  }
  expect(budget.tryAcquire(1500)).toBe(true);
  expect(budget.tryAcquire(1)).toBe(false);
});
