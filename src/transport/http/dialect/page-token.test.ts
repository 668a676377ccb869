import { expect, test } from "vitest";
import { byTime, type SortKey } from "../../../domain/door/cursor.ts";
import { InvalidRequest } from "./invalid-request.ts";
import { fingerprintOf, NextPage, readPageToken, refuseForeignPage, withPageTokens } from "./page-token.ts";

const id = "0190a000-0000-7000-8000-000000000001";
const other = "0190a000-0000-7000-8000-000000000002";
const at = new Date("2026-08-15T05:44:16.768Z");

const mine = {
  route: "messages.list",
  params: { inbox_id: "a@host.test" },
  query: { limit: 2, labels: ["a"], before: at },
  scope: { organizationId: id, podId: null, inboxId: null },
};
const list = fingerprintOf(mine);

test("a token reads back as the cursor it was written from, for every sort key", () => {
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
    expect(readPageToken(key, new NextPage(cursor).tokenOf(list))).toEqual(cursor);
});

test("a token of another order, or of nothing at all, is none", () => {
  const token = new NextPage(["a@host.test", id]).tokenOf(list);
  expect(readPageToken(byTime, token)).toBeNull();
  expect(readPageToken(["text"], token)).toBeNull();
  for (const nothing of ["", "!!!", "e30", Buffer.from('["items","a\\u0000","x"]').toString("base64url")])
    expect(readPageToken(["text", "uuid"], nothing)).toBeNull();
});

test("a list is the same whatever its pages are, and another with anything else", () => {
  for (const same of [
    { ...mine, query: { ...mine.query, limit: 100, page_token: [at, id] } },
    { ...mine, params: { inbox_id: "A@Host.test" } },
  ])
    expect(fingerprintOf(same)).toBe(list);
  const others = [
    { ...mine, route: "threads.list" },
    { ...mine, params: { inbox_id: "b@host.test" } },
    { ...mine, query: { ...mine.query, labels: ["a", "b"] } },
    { ...mine, query: { ...mine.query, before: new Date(0) } },
    { ...mine, query: { ...mine.query, ascending: true } },
    { ...mine, scope: { ...mine.scope, organizationId: other } },
    { ...mine, scope: { ...mine.scope, podId: other } },
    { ...mine, scope: { ...mine.scope, podId: id, inboxId: other } },
  ].map(fingerprintOf);
  expect(new Set([list, ...others]).size).toBe(others.length + 1);
});

test("a token of another list, and one from before lists had fingerprints, is refused", () => {
  const own = new NextPage([at, id]).tokenOf(list);
  refuseForeignPage(list, [own]);
  refuseForeignPage(list);
  const foreign = new NextPage([at, id]).tokenOf(fingerprintOf({ ...mine, route: "threads.list" }));
  const older = new NextPage([at, id]).tokenOf("messages");
  for (const token of [foreign, older, "", "e30", "bnVsbA"])
    expect(() => refuseForeignPage(list, [token]), token).toThrow(InvalidRequest);
});

test("tokens are written where envelopes have them, and items are left as they are", () => {
  const items = [{ next: new NextPage([id]) }];
  const next = new NextPage([at, id]);
  expect(withPageTokens({ count: 1, next_page_token: next, items }, () => list)).toEqual({
    count: 1,
    next_page_token: next.tokenOf(list),
    items,
  });
  expect(withPageTokens({ data: { items, next_cursor: next } }, () => list)).toEqual({
    data: { items, next_cursor: next.tokenOf(list) },
  });
});
