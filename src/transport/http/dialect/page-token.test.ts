import { expect, test } from "vitest";
import { byTime, type SortKey } from "../../../domain/door/cursor.ts";
import { readPageToken, writePageToken } from "./page-token.ts";

const id = "0190a000-0000-7000-8000-000000000001";

test("a token reads back as the cursor it was written from, for every sort key", () => {
  const at = new Date("2026-08-15T05:44:16.768Z");
  const lists: readonly (readonly [SortKey, readonly (Date | number | string)[]])[] = [
    [byTime, [at, id]],
    [
      ["text", "uuid"],
      ["a@host.test", id],
    ],
    [
      ["float8", "timestamptz", "uuid"],
      [0.25, at, id],
    ],
    [["uuid"], [id]],
  ];
  for (const [key, cursor] of lists)
    expect(readPageToken("items", key, writePageToken("items", cursor))).toEqual(cursor);
});

test("a token of another list, of another order, or of nothing at all is none", () => {
  const token = writePageToken("items", ["a@host.test", id]);
  expect(readPageToken("others", ["text", "uuid"], token)).toBeNull();
  expect(readPageToken("items", byTime, token)).toBeNull();
  expect(readPageToken("items", ["text"], token)).toBeNull();
  for (const nothing of ["", "!!!", "e30", Buffer.from('["items","a\\u0000","x"]').toString("base64url")])
    expect(readPageToken("items", ["text", "uuid"], nothing)).toBeNull();
});
