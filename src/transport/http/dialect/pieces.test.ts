import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { bytesOf, piecesOf, sendPieces } from "./pieces.ts";

test("what is made is sent a piece in a turn of the event loop, however fast it is read", async () => {
  const pieces = Array.from({ length: 5 }, (_, index) => Buffer.from(`${index}`));
  const reader = sendPieces(pieces).getReader();
  let turns = 0;
  let isRead = false;
  const counting = (async () => {
    while (!isRead) {
      await turn();
      turns++;
    }
  })();
  const read: string[] = [];
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
    read.push(Buffer.from(chunk.value).toString());
  isRead = true;
  await counting;
  expect(read.join("")).toBe("01234");
  expect(turns).toBeGreaterThanOrEqual(pieces.length);
});

test("the bytes of an answer, whatever it was written as", () => {
  for (const written of [
    "\u00fc\u00df",
    Buffer.from("\u00fc\u00df"),
    [Buffer.from("\u00fc"), Buffer.from("\u00df")],
  ]) {
    expect(bytesOf(written)).toBe(4);
    expect(Buffer.concat(piecesOf(written)).toString()).toBe("\u00fc\u00df");
  }
});
