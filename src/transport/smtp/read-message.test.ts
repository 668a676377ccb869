import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { createByteBudget, type Held, type ReadBounds, readMessage, type Transfer } from "./read-message.ts";

/** No stream of these tests but the slow ones takes so long. */
const windowMs = 60_000;
const bounds = {
  ...{ limitBytes: 1000, overrunBytes: 4000, windowMs, windowBytes: 100, totalMs: 10 * windowMs },
  ...{ looks: 4, slowBytes: 50 },
};
/** Every network has brought mail. */
const known = { has: () => true };
const noReserve = { totalBytes: 0, ofBytes: 0 };
const NETWORK = "192.0.2.0/24";
const piece = (size: number, fill = "x") => Buffer.alloc(size, fill);

/** A budget of which one network may hold so much, and reading into it. */
function open(limit: number) {
  const budget = createByteBudget(2 * limit, noReserve, known);
  return {
    read: (stream: Readable, more: Partial<ReadBounds> = {}, network = NETWORK) =>
      readMessage(stream, { budget, network }, { ...bounds, ...more }),
    /** Whether the network holds nothing. */
    isFree: () => budget.tryReserve(NETWORK, limit) !== null,
  };
}

test("the message is all its pieces in order, whatever their sizes", async () => {
  const pieces = [piece(1, "a"), piece(300, "b"), piece(0), piece(2, "c"), piece(697, "d")];
  const read = await open(10_000).read(Readable.from(pieces));
  expect(read).toMatchObject({ kind: "whole" });
  expect(read.kind === "whole" && Buffer.from(read.raw).equals(Buffer.concat(pieces))).toBe(true);
});

test("100,000 pieces of one byte become one piece of memory, no larger than twice the message", async () => {
  const limit = 100_000;
  const pieces = Readable.from(Array.from({ length: limit }, () => piece(1)));
  const read = await open(2 * limit).read(pieces, { limitBytes: limit, overrunBytes: limit });
  expect(read.kind === "whole" && read.raw.length).toBe(limit);
});

test("one byte over the limit is too large, and it is read to its end", async () => {
  const stream = Readable.from([piece(1000), piece(1), piece(500)]);
  const { read, isFree } = open(1000);
  expect((await read(stream)).kind).toBe("too_large");
  expect(stream.readableEnded).toBe(true);
  expect(isFree()).toBe(true);
});

test("one that goes on far beyond the limit is not read to its end", async () => {
  let given = 0;
  async function* endless() {
    for (;;) {
      given += 100;
      yield piece(100);
    }
  }
  const { read, isFree } = open(1000);
  expect((await read(Readable.from(endless(), { highWaterMark: 1 }))).kind).toBe("endless");
  expect(given).toBeLessThanOrEqual(4200);
  expect(isFree()).toBe(true);
});

test("a message beyond what is left of the budget is refused, and taken once others have released theirs", async () => {
  const { read } = open(1200);
  const first = await read(Readable.from([piece(1000)]));
  expect((await read(Readable.from([piece(600)]))).kind).toBe("over_budget");
  if (first.kind === "whole") first.release();
  expect((await read(Readable.from([piece(600)]))).kind).toBe("whole");
});

test("a client that breaks off leaves nothing held", async () => {
  async function* broken() {
    yield piece(500);
    throw new Error("gone");
  }
  const { read, isFree } = open(1000);
  await expect(read(Readable.from(broken()))).rejects.toThrow("gone");
  expect(isFree()).toBe(true);
});

test("a stream that is closed before its end is no message", async () => {
  const stream = new PassThrough();
  stream.write(piece(500));
  const { read, isFree } = open(1000);
  const ended = read(stream);
  stream.destroy();
  await expect(ended).rejects.toThrow();
  expect(isFree()).toBe(true);
});

test("releasing twice releases once", async () => {
  const { read, isFree } = open(1500);
  const [one, other] = [await read(Readable.from([piece(700)])), await read(Readable.from([piece(700)]))];
  for (let times = 0; times < 2; times++) if (one.kind === "whole") one.release();
  expect(isFree()).toBe(false);
  if (other.kind === "whole") other.release();
  expect(isFree()).toBe(true);
});

test("one network leaves as much as it holds to the others", async () => {
  const { read } = open(1200);
  const mail = (network: string) => read(Readable.from([piece(1000)]), {}, network);
  expect((await mail("a")).kind).toBe("whole");
  expect((await mail("a")).kind).toBe("over_budget");
  expect((await mail("b")).kind).toBe("whole");
});

test("when memory is held, a small message is still taken, and no large one is", async () => {
  const budget = createByteBudget(2000, { totalBytes: 200, ofBytes: 100 }, known);
  const read = (size: number, network: string) =>
    readMessage(Readable.from([piece(size)]), { budget, network }, bounds);
  for (const network of ["a", "b", "c"]) budget.tryReserve(network, 500);
  expect((await read(1000, "d")).kind).toBe("over_budget");
  const limits = { ...bounds, limitBytes: 100 };
  const small = await readMessage(Readable.from([piece(90)]), { budget, network: "e" }, limits);
  expect(small.kind).toBe("whole");
});

test.each([
  ["a silent one", [] as number[]],
  ["one of a few bytes a time", Array.from({ length: 20 }, () => 1)],
])("a message that comes too slowly is given up: %s; nothing of it stays held", async (_what, sizes) => {
  const { read, isFree } = open(1000);
  const stream = new PassThrough();
  for (const size of [200, ...sizes]) stream.write(piece(size));
  const ended = read(stream, { windowMs: 20, windowBytes: 300 });
  expect((await ended).kind).toBe("too_slow");
  expect(stream.destroyed).toBe(true);
  expect(isFree()).toBe(true);
});

test("a message that goes on for too long is given up, however fast it comes", async () => {
  const stream = new PassThrough();
  const more = setInterval(() => stream.destroyed || stream.write(piece(1)), 1);
  const bound = { ...bounds, windowMs: 5, windowBytes: 0, totalMs: 20, limitBytes: 1e9, overrunBytes: 1e9 };
  expect((await open(1e6).read(stream, bound)).kind).toBe("too_slow");
  clearInterval(more);
});

/** A message that holds memory of a budget, as the budget sees it. */
function transfer(
  isSlow: boolean,
): Transfer & { readonly holds: () => boolean; take(held: Held | null): void } {
  let held: Held | null = null;
  return {
    ...{ isSlow, lately: 0 },
    take: (got) => {
      held = got;
    },
    holds: () => held !== null,
    giveUp() {
      held?.release();
      held = null;
    },
  };
}

test("when memory is wanted, messages that come slowly make way, no more of them than are in the way, and for no slow one", () => {
  const budget = createByteBudget(1000, noReserve, known);
  const held = [transfer(false), transfer(true), transfer(true)] as const;
  for (const [index, bytes] of [300, 200, 350].entries())
    held[index]?.take(budget.tryReserve(`network-${index}`, bytes, held[index]));
  expect(budget.tryReserve("another", 300, transfer(true))).toBeNull();
  expect(budget.tryReserve("another", 300, transfer(false))).not.toBeNull();
  expect(held.map(({ holds }) => holds())).toEqual([true, true, false]);
});

test("a message is slow when less came between two looks than should, whatever came before", async () => {
  const stream = new PassThrough();
  stream.write(piece(900));
  const { promise, resolve } = Promise.withResolvers<Transfer>();
  const budget = createByteBudget(2000, noReserve, known);
  const slowly = { ...bounds, windowMs: 20, windowBytes: 0 };
  const read = readMessage(stream, { budget, network: NETWORK }, slowly, resolve);
  const begun = await promise;
  expect(begun.isSlow).toBe(false);
  await eventually("it is slow", async () => begun.isSlow);
  begun.giveUp();
  expect(budget.tryReserve(NETWORK, 1000)).not.toBeNull();
  expect((await read).kind).toBe("too_slow");
});

test("networks that have brought nothing leave a quarter of the memory to those that have, of that for small mail as well", () => {
  const budget = createByteBudget(
    1000,
    { totalBytes: 100, ofBytes: 50 },
    { has: (network) => network === "known" },
  );
  expect(budget.tryReserve("a", 500)).not.toBeNull();
  expect(budget.tryReserve("b", 250)).not.toBeNull();
  expect(budget.tryReserve("c", 50)).not.toBeNull();
  expect(budget.tryReserve("d", 25)).not.toBeNull();
  expect(budget.tryReserve("e", 1)).toBeNull();
  expect(budget.tryReserve("known", 125)).not.toBeNull();
  expect(budget.tryReserve("known", 125)).toBeNull();
  expect(budget.tryReserve("known", 12)).not.toBeNull();
});
