import { expect, test } from "vitest";
import { createBatchedLookUp } from "./batched-look-up.ts";

/** A look-up whose calls the test answers one by one; keys that begin with "a" have a value. */
function open(maxKeys = 100) {
  const calls: { keys: readonly string[]; answer: (error?: Error) => void }[] = [];
  const lookUp = createBatchedLookUp<string>((keys) => {
    const { promise, resolve, reject } = Promise.withResolvers<Map<string, string>>();
    const found = keys.filter((key) => key.startsWith("a")).map((key) => [key, `value of ${key}`] as const);
    calls.push({ keys, answer: (error) => (error === undefined ? resolve(new Map(found)) : reject(error)) });
    return promise;
  }, maxKeys);
  return { lookUp, calls };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the first is looked up at once; what comes meanwhile goes together, each key once", async () => {
  const { lookUp, calls } = open();
  const first = lookUp("a1");
  const later = Promise.all(["a2", "b", "a2", "a3"].map(lookUp));
  expect(calls.map(({ keys }) => keys)).toEqual([["a1"]]);
  calls[0]?.answer();
  expect(await first).toBe("value of a1");
  await settled();
  expect(calls.map(({ keys }) => keys)).toEqual([["a1"], ["a2", "b", "a3"]]);
  calls[1]?.answer();
  expect(await later).toEqual(["value of a2", null, "value of a2", "value of a3"]);
});

test("no call has more keys than the bound", async () => {
  const { lookUp, calls } = open(2);
  const all = Promise.all(["a1", "a2", "a3", "a4"].map(lookUp));
  for (let call = 0; call < 3; call++) {
    calls[call]?.answer();
    await settled();
  }
  expect(calls.map(({ keys }) => keys)).toEqual([["a1"], ["a2", "a3"], ["a4"]]);
  await all;
});

test("a call that fails fails its keys, and not those after it", async () => {
  const { lookUp, calls } = open();
  const first = lookUp("a1");
  const later = lookUp("a2");
  calls[0]?.answer(new Error("gone"));
  await expect(first).rejects.toThrow("gone");
  await settled();
  calls[1]?.answer();
  expect(await later).toBe("value of a2");
});
