import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { addWords } from "./add-words.ts";
import { createInbox } from "./create.ts";
import { deleteInbox } from "./delete.ts";
import { searchInboxes } from "./search.ts";
import { updateInbox } from "./update.ts";

let t: TestDoor;
let pod: string;
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  for (const [username, displayName] of [
    ["support-acme", "Acme Helpdesk"],
    ["support", "Müller & Söhne"],
    ["sales.acme", "Acme 営業部"],
  ] as const)
    await t.run(t.rootToken, createInbox, { pod }, { username, displayName });
});
afterAll(() => t.close());

const names = ({ items }: { items: readonly { readonly address: string }[] }): string[] =>
  items.map(({ address }) => address.split("@")[0] ?? "");
const first = { size: 10, after: null };
const search = (query: string, page: Pick<PageRequest, "size" | "after"> = first, at: object = { pod }) =>
  t.run(t.rootToken, searchInboxes, at, { query, page });

it.each([
  ["sup", ["support", "support-acme"]],
  ["port", []],
  ["SUPPORT", ["support", "support-acme"]],
  ["acme sup", ["support-acme"]],
  ["helpdesk", ["support-acme"]],
  ["muller", ["support"]],
  ["営業", ["sales.acme"]],
  ["acme nothing", []],
  ["--", []],
  ["%_", []],
  ["rookery.localhost", ["sales.acme", "support", "support-acme"]],
])("by %j", async (query, expected) => {
  expect(names(await search(query))).toEqual(expected);
});

it("puts the very address first, and has every other once over all pages", async () => {
  const query = "support-acme@rookery.localhost";
  expect(names(await search(query))).toEqual(["support-acme"]);
  const seen: string[] = [];
  for (let after: PageRequest["after"] = null; ; ) {
    const page = await search("support", { size: 1, after });
    seen.push(...names(page));
    if (page.next === null) break;
    after = page.next;
  }
  expect(seen).toEqual(["support", "support-acme"]);
  await t.run(t.rootToken, createInbox, { pod }, { username: "support-acme.rookery.localhost" });
  const page = await search(query, { size: 1, after: null });
  expect(names(page)).toEqual(["support-acme"]);
  expect(names(await search(query, { size: 1, after: page.next }))).toEqual([
    "support-acme.rookery.localhost",
  ]);
});

it("finds only what the target and the key reach", async () => {
  const other = await t.seed.pod();
  await t.run(t.rootToken, createInbox, { pod: other }, { username: "pelican" });
  expect(names(await search("pelican"))).toEqual([]);
  expect(names(await search("pelican@rookery.localhost"))).toEqual([]);
  expect(names(await search("pelican", first, { pod: other }))).toEqual(["pelican"]);
  expect(names(await search("pelican", first, {}))).toEqual(["pelican"]);
});

it("follows a change of the display name, and a deletion", async () => {
  const inbox = (await t.run(t.rootToken, createInbox, { pod }, { username: "heron", displayName: "Grey" }))
    .address;
  await t.run(t.rootToken, updateInbox, { inbox }, { displayName: "Purple" });
  expect([names(await search("grey")), names(await search("purple"))]).toEqual([[], ["heron"]]);
  await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  expect(names(await search("purple"))).toEqual([]);
});

it("finds inboxes that were made without words, once they were given some", async () => {
  await t.run(t.rootToken, createInbox, { pod }, { username: "ibis" });
  await t.behind((tx) => tx.within(systemScope).deleteFrom("inbox_words").execute());
  expect(names(await search("ibis"))).toEqual([]);
  await addWords(t.database);
  expect(names(await search("ibis"))).toEqual(["ibis"]);
});
