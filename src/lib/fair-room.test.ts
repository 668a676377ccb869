import { expect, test } from "vitest";
import { createFairRoom } from "./fair-room.ts";

/** Acquires pieces until one is refused. @returns the bytes acquired */
function takeAll(room: ReturnType<typeof createFairRoom>, holder: string, bytes: number): number {
  let taken = 0;
  while (room.take(holder, bytes)) taken += bytes;
  return taken;
}

test("one alone holds half, the next half of what is left, and all together never more than there is", () => {
  const room = createFairRoom(1024);
  expect(["a", "b", "c"].map((holder) => takeAll(room, holder, 1))).toEqual([512, 256, 128]);
  expect(room.take("d", 129)).toBe(false);
  expect(room.take("d", 128)).toBe(true);
  expect(room.take("e", 1)).toBe(false);
});

test("who holds nothing gets all that is free, and nothing at all can always be had", () => {
  const room = createFairRoom(100);
  expect(room.take("a", 100)).toBe(true);
  expect([room.take("a", 0), room.take("b", 0), room.take("b", 1)]).toEqual([true, true, false]);
});

test("what is given back can be taken again, and no more than was held", () => {
  const room = createFairRoom(100);
  expect(room.take("a", 60)).toBe(true);
  room.give("b", 50);
  expect(room.take("b", 50)).toBe(false);
  room.give("a", 60);
  room.give("a", 60);
  expect([room.take("b", 100), room.take("c", 1)]).toEqual([true, false]);
});
