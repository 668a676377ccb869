import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Page, PageRequest } from "../../door/cursor.ts";
import { createListEntry, type ListEntry, listListEntries } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const blocked = { direction: "send", listType: "block" } as const;
const all: PageRequest = { ...firstPage, ascending: true };
const textsOf = ({ items }: Page<ListEntry>): string[] => items.map(({ entry }) => entry);

it("has the entries of one list of one owner, by their text, page by page in either direction", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const list = (page: Partial<PageRequest> = {}) =>
    t.run(t.rootToken, listListEntries, { pod }, { ...blocked, page: { ...all, ...page } });
  expect(await list()).toEqual({ items: [], next: null });
  for (const entry of ["c.example", "ann@a.example", "b.example"])
    await t.run(t.rootToken, createListEntry, { pod }, { ...blocked, entry });
  for (const [at, named] of [
    [{ inbox }, blocked],
    [{}, blocked],
    [{ pod }, { ...blocked, listType: "allow" }],
    [{ pod }, { ...blocked, direction: "receive" }],
  ] as const)
    await t.run(t.rootToken, createListEntry, at, { ...named, entry: "elsewhere.example" });
  const first = await list({ size: 2 });
  expect(textsOf(first)).toEqual(["ann@a.example", "b.example"]);
  const second = await list({ size: 2, after: first.next });
  expect([textsOf(second), second.next]).toEqual([["c.example"], null]);
  expect(textsOf(await list({ ascending: false }))).toEqual(["c.example", "b.example", "ann@a.example"]);
});

it("of another pod is not found, as that of none is not", async () => {
  const { token } = await t.seed.tenant();
  const list = (pod: string) => t.refusal(token, listListEntries, { pod }, { ...blocked, page: all });
  const foreign = await list(await t.seed.pod());
  expect(foreign.code).toBe("pod.not_found");
  expect(await list(crypto.randomUUID())).toEqual(foreign);
});
