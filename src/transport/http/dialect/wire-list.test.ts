import { expect, test } from "vitest";
import { piecesOf } from "./pieces.ts";
import { WireList, writeJson } from "./wire-list.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const list = (count: number) =>
  new WireList(numbers(count), (id) => ({ id, at: new Date(id), none: undefined }));

/** The JSON, and how often it paused. */
async function written(body: unknown, items: number, characters = 1000) {
  let pauses = 0;
  const text = await writeJson(body, { items, characters }, async () => ++pauses);
  return { text: Buffer.concat(piecesOf(text)).toString(), pauses };
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
  await writeJson({ items }, { items: 10, characters: 1000 }, async () => atPause.push(presented.length));
  expect(atPause).toEqual([10, 20]);
});

test("what JSON.stringify writes, in turns of so many characters, whatever is long: items, or texts in them or in the body", async () => {
  const text = `"\u{1f600}\n\ud800 é\u0000${"x".repeat(7)}\udc00`.repeat(20);
  const item = { id: 1, text, none: undefined, at: new Date(0), html: null, to: [text] };
  const body = { text, messages: new WireList([item, {}, item], (one) => one), data: { text } };
  for (let characters = 2; characters < 30; characters++) {
    const { text: json, pauses } = await written(body, 100, characters);
    expect(json).toBe(JSON.stringify(body));
    expect(pauses).toBeGreaterThan((4 * text.length) / (characters + 20));
  }
  expect((await written(text, 100, 10)).text).toBe(JSON.stringify(text));
});

test("twenty-five messages with long bodies are no one piece", async () => {
  const messages = new WireList(numbers(25), (id) => ({ id, text: "x".repeat(600) }));
  const lengths: number[] = [];
  await writeJson({ messages }, { items: 25, characters: 1000 }, async () => lengths.push(1));
  expect(lengths.length).toBe(12);
});

test("a body without a list or a long text is written at once", async () => {
  const body = { a: 1, b: [{ c: null }], d: { e: { f: "g" } } };
  expect(await written(body, 1)).toEqual({ text: JSON.stringify(body), pauses: 0 });
  expect((await written(null, 1)).text).toBe("null");
});
