import { expect, test } from "vitest";
import { WireList, writeJson } from "./wire-list.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const list = (count: number) =>
  new WireList(numbers(count), (id) => ({ id, at: new Date(id), none: undefined }));

/** The JSON, and how often it paused. */
async function written(body: unknown, pieceItems: number) {
  let pauses = 0;
  const text = await writeJson(body, pieceItems, async () => ++pauses);
  return { text: String(text), pauses };
}

test.each([0, 1, 9, 10, 11, 25])(
  "a list of %i items is what JSON.stringify writes, in any pieces",
  async (count) => {
    for (const pieceItems of [1, 10, 100]) {
      const body = {
        count,
        absent: undefined,
        nothing: null,
        date: new Date(0),
        items: list(count),
        last: [1],
      };
      expect((await written(body, pieceItems)).text).toBe(JSON.stringify(body));
      const inside = { request_id: "x", data: { items: list(count) } };
      expect((await written(inside, pieceItems)).text).toBe(JSON.stringify(inside));
    }
  },
);

test("the loop has a turn between two pieces; an item is presented only when its piece is written", async () => {
  const presented: number[] = [];
  const atPause: number[] = [];
  const items = new WireList(numbers(25), (id) => presented.push(id));
  await writeJson({ items }, 10, async () => atPause.push(presented.length));
  expect(atPause).toEqual([10, 20]);
});

test("a body without a list is written at once", async () => {
  const body = { a: 1, b: [{ c: null }], d: { e: { f: "g" } } };
  expect(await written(body, 1)).toEqual({ text: JSON.stringify(body), pauses: 0 });
  expect((await written(null, 1)).text).toBe("null");
});
