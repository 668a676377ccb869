import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import { expect, it } from "vitest";
import { insertion } from "./insertion.ts";
import type { Tables } from "./tables.ts";

/** Writes SQL, and asks nobody. */
const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (own) => new PostgresIntrospector(own),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

const written = (rows: readonly Readonly<Record<string, unknown>>[]): readonly unknown[] =>
  insertion("drafts", rows, undefined, ["text", "html"]).compile(db).parameters;

it("a long text of a row is a parameter of its own, and no part of its JSON", () => {
  const [long, short] = ["a\n".repeat(200_000), "a\n"];
  const row = { subject: "Hello", text: long, html: short };
  expect(written([row])).toEqual([long, JSON.stringify([{ ...row, text: null }])]);
  expect(written([{ ...row, html: long }])).toEqual([
    ...[long, long],
    JSON.stringify([{ ...row, text: null, html: null }]),
  ]);
  expect(written([{ ...row, text: short }])).toEqual([JSON.stringify([{ ...row, text: short }])]);
  expect(written([row, row])).toEqual([JSON.stringify([row, row])]);
});
