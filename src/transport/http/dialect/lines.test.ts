import { expect, test } from "vitest";
import { writeLines } from "./lines.ts";

test("a client that leaves while a piece is made ends the making, and nothing has failed", async () => {
  const failures: unknown[] = [];
  const making = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  let ended = false;
  async function* lines(): AsyncGenerator<readonly unknown[], void> {
    try {
      yield [{ n: 1 }];
      asked.resolve();
      await making.promise;
      yield [{ n: 2 }];
      yield [{ n: 3 }];
    } finally {
      ended = true;
    }
  }
  const reader = writeLines({
    lines: lines(),
    inTurn: (make) => make(),
    failed: (error) => failures.push(error),
  }).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"n":1}\n');
  const second = reader.read();
  await asked.promise;
  const left = reader.cancel();
  making.resolve();
  await left;
  expect(await second).toEqual({ done: true, value: undefined });
  expect(ended).toBe(true);
  expect(failures).toEqual([]);
});

test("what fails later is the last line", async () => {
  async function* lines(): AsyncGenerator<readonly unknown[], void> {
    yield [{ n: 1 }];
    throw new Error("broken");
  }
  const body = writeLines({ lines: lines(), inTurn: (make) => make(), failed: String });
  expect(await new Response(body).text()).toBe('{"n":1}\n"Error: broken"\n');
});
