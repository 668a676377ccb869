import { afterEach, expect, test } from "vitest";
import { createDocumentPool, type DocumentPool } from "./document-pool.ts";

let pool: DocumentPool;
let warnings: unknown[];

const open = (timeoutMs?: number): DocumentPool => {
  warnings = [];
  pool = createDocumentPool((_reason, error) => void warnings.push(error), timeoutMs);
  return pool;
};
afterEach(() => pool.close());

test("a document is read on a thread", async () => {
  expect(await open().textOf(Buffer.from("<p>Hello</p>"), "html")).toBe("Hello");
  expect(await pool.textOf(Buffer.from([0, 1, 2]), "plain")).toBeNull();
  expect(warnings).toEqual([]);
});

test("of one that takes too long it stays open whether it has text, and the next is read", async () => {
  open(1);
  const nested = Buffer.from("<div>".repeat(2_000_000));
  expect(await pool.textOf(nested, "html")).toBeUndefined();
  expect(warnings).toHaveLength(1);
  await pool.close();
  expect(await open().textOf(Buffer.from("again"), "plain")).toBe("again");
});
