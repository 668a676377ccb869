import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { addWords } from "./add-words.ts";
import { createInbox } from "./create.ts";
import { deleteInbox } from "./delete.ts";
import { MAX_WORDS_LOOKED_UP } from "./limits.ts";
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

it("finds by beginnings that thousands of inboxes have as by those that few have, page by page", async () => {
  const crowd = await t.seed.pod();
  await t.behind((tx) =>
    sql`with made as (
        insert into inboxes (pod_id, organization_id, id, address, created_at, updated_at)
        select ${crowd}::uuid, ${t.organizationId}::uuid, gen_random_uuid(), 'gull-' || n || '@crowd.test', now() - make_interval(secs => n), now()
        from generate_series(1, ${MAX_WORDS_LOOKED_UP + 200}::integer) as n returning *)
      insert into inbox_words (pod_id, inbox_id, word, organization_id, created_at)
      select pod_id, id, word, organization_id, created_at
      from made, unnest(regexp_split_to_array(split_part(address, '@', 1), '-') || '{crowd}') as word`.execute(
      tx.within(systemScope),
    ),
  );
  const at = { pod: crowd };
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => `gull-${n}`);
  expect(names(await search("crowd gull", first, at))).toEqual(ten);
  expect(names(await search("gull 21", first, at))).toEqual([
    "gull-21",
    ...[210, 211, 212, 213, 214, 215, 216, 217, 218].map((n) => `gull-${n}`),
  ]);
  expect(names(await search("gull 21 nothing", first, at))).toEqual([]);
  const page = await search("gull", { size: 2, after: null }, at);
  expect(names(page)).toEqual(["gull-1", "gull-2"]);
  expect(names(await search("gull", { size: 2, after: page.next }, at))).toEqual(["gull-3", "gull-4"]);
});
