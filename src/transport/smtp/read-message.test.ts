import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createRoom, type Room, readMessage } from "./read-message.ts";

const bounds = { limitBytes: 1000, overrunBytes: 4000 };
const piece = (size: number, fill = "x") => Buffer.alloc(size, fill);

/** A room that is all free again. */
function isFree(room: Room, limit: number): boolean {
  return room.take(limit);
}

test("the message is all its pieces in order, whatever their sizes", async () => {
  const pieces = [piece(1, "a"), piece(300, "b"), piece(0), piece(2, "c"), piece(697, "d")];
  const read = await readMessage(Readable.from(pieces), createRoom(10_000), bounds);
  expect(read).toMatchObject({ kind: "whole" });
  expect(read.kind === "whole" && Buffer.from(read.raw).equals(Buffer.concat(pieces))).toBe(true);
});

test("100,000 pieces of one byte become one piece of memory, no larger than twice the message", async () => {
  const limit = 100_000;
  const room = createRoom(2 * limit);
  const pieces = Readable.from(Array.from({ length: limit }, () => piece(1)));
  const read = await readMessage(pieces, room, { limitBytes: limit, overrunBytes: limit });
  expect(read.kind === "whole" && read.raw.length).toBe(limit);
});

test("one byte over the limit is too large, and it is read to its end", async () => {
  const stream = Readable.from([piece(1000), piece(1), piece(500)]);
  const room = createRoom(1000);
  expect((await readMessage(stream, room, bounds)).kind).toBe("too_large");
  expect(stream.readableEnded).toBe(true);
  expect(isFree(room, 1000)).toBe(true);
});

test("one that goes on far beyond the limit is not read to its end", async () => {
  let given = 0;
  async function* endless() {
    for (;;) {
      given += 100;
      yield piece(100);
    }
  }
  const room = createRoom(1000);
  expect((await readMessage(endless(), room, bounds)).kind).toBe("endless");
  expect(given).toBeLessThanOrEqual(4200);
  expect(isFree(room, 1000)).toBe(true);
});

test("when others hold the room there is none, and it is there again after they gave it back", async () => {
  const room = createRoom(1500);
  const first = await readMessage(Readable.from([piece(1000)]), room, bounds);
  expect((await readMessage(Readable.from([piece(600)]), room, bounds)).kind).toBe("no_room");
  if (first.kind === "whole") first.giveBack();
  expect((await readMessage(Readable.from([piece(600)]), room, bounds)).kind).toBe("whole");
});

test("a client that breaks off leaves nothing held", async () => {
  async function* broken() {
    yield piece(500);
    throw new Error("gone");
  }
  const room = createRoom(1000);
  await expect(readMessage(broken(), room, bounds)).rejects.toThrow("gone");
  expect(isFree(room, 1000)).toBe(true);
});

test("giving back twice gives back once", async () => {
  const room = createRoom(1500);
  const read = await readMessage(Readable.from([piece(1000)]), room, bounds);
  if (read.kind === "whole") {
    read.giveBack();
    read.giveBack();
  }
  expect(room.take(1500)).toBe(true);
  expect(room.take(1)).toBe(false);
});
