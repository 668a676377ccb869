import { expect, test } from "vitest";
import { piecesOf, type Written, writePieces } from "./pieces.ts";
import { wholeList } from "./whole-list.ts";
import { WireList, writeJson } from "./wire-list.ts";

const whole = { request_id: "x", data: ["ü", { a: [] }, 3, 4, null] };
const beginning = Buffer.from(JSON.stringify({ ...whole, data: whole.data.slice(0, 2) }));

async function* rest(...pieces: readonly (readonly unknown[] | Error)[]) {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield piece;
  }
}

function written(pieces: AsyncIterable<readonly unknown[]>, first: Written = beginning) {
  const said: unknown[] = [];
  const body = writePieces({
    pieces: wholeList(first, pieces),
    bytesOf: (bytes) => bytes,
    inTurn: (make) => make(),
    failed(error) {
      said.push(error);
      return null;
    },
  });
  return { body, said };
}

test("a list that is written as it is read is what JSON.stringify writes of all of it", async () => {
  const { body, said } = written(rest([3], [], [4, null]));
  expect(await new Response(body).text()).toBe(JSON.stringify(whole));
  expect(said).toEqual([]);
});

test("the same behind a beginning that was written in pieces", async () => {
  const text = "long ".repeat(100);
  const data = new WireList([text, { text }], (item) => item);
  for (const characters of [7, 50, 499, 510, 520, 2000]) {
    const first = await writeJson({ data }, { items: 1, characters }, async () => undefined);
    expect(piecesOf(first).length).toBeGreaterThan(1);
    const { body } = written(rest([3]), first);
    expect(await new Response(body).text()).toBe(JSON.stringify({ data: [text, { text }, 3] }));
  }
});

test("one whose next piece fails ends with an error and not like a whole one", async () => {
  const failure = new Error("the database is gone");
  const { body, said } = written(rest([3], failure));
  await expect(new Response(body).text()).rejects.toThrow("the database is gone");
  expect(said).toEqual([failure]);
});

test("one whose reader waits or is gone is not read any further", async () => {
  let read = 0;
  let ended = false;
  async function* endless() {
    try {
      for (;;) yield [read++];
    } finally {
      ended = true;
    }
  }
  const { body, said } = written(endless());
  const reader = body.getReader();
  await reader.read();
  await reader.read();
  await reader.read();
  expect(read).toBe(2);
  await reader.cancel();
  expect({ read, ended, said }).toEqual({ read: 2, ended: true, said: [] });
});
