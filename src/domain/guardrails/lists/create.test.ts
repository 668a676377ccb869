import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { deletePod } from "../../tenancy/pods/index.ts";
import { createListEntry, getListEntry, listListEntries } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const blocked = { direction: "send", listType: "block" } as const;

describe("an entry", () => {
  it.each([
    ["Bob@Example.COM", "bob@example.com"],
    ['"bob"@example.com', "bob@example.com"],
    ["bob@bücher.example", "bob@xn--bcher-kva.example"],
    ["EXAMPLE.com", "example.com"],
    ["Bücher.example", "xn--bcher-kva.example"],
  ])("%s is kept as %s, and is found as it was given", async (given, entry) => {
    const at = { pod: await t.seed.pod() };
    const made = await t.run(t.rootToken, createListEntry, at, { ...blocked, entry: given });
    expect(made.entry).toBe(entry);
    expect(await t.run(t.rootToken, getListEntry, at, { ...blocked, entry: given })).toEqual(made);
  });

  it.each(["*@example.com", "news-*@example.com", "*.example.com", "*"])(
    "%s, which would match nothing, is refused",
    async (entry) => {
      const at = { pod: await t.seed.pod() };
      const refused = await t.refusal(t.rootToken, createListEntry, at, { ...blocked, entry });
      expect(refused).toMatchObject({ code: "input.invalid", details: { path: ["entry"] } });
    },
  );

  it("may have an asterisk that is quoted", async () => {
    const at = { pod: await t.seed.pod() };
    const named = { ...blocked, entry: '"a*b"@example.com' };
    expect((await t.run(t.rootToken, createListEntry, at, named)).entry).toBe("a*b@example.com");
    expect((await t.run(t.rootToken, getListEntry, at, { ...blocked, entry: "a*b@example.com" })).entry).toBe(
      "a*b@example.com",
    );
  });

  it("that is on the list already is the answer as it is", async () => {
    const at = { pod: await t.seed.pod() };
    const entry = { ...blocked, entry: "a@b.example", reason: "first" };
    const first = await t.run(t.rootToken, createListEntry, at, entry);
    const again = { ...blocked, entry: "A@b.example", reason: "other" };
    expect(await t.run(t.rootToken, createListEntry, at, again)).toEqual(first);
    const { items } = await t.run(t.rootToken, listListEntries, at, { ...blocked, page: firstPage });
    expect(items).toEqual([first]);
  });

  it("put there twice at once is there once", async () => {
    const at = { inbox: (await t.seed.inbox()).address };
    const entry = { ...blocked, entry: "race@b.example" };
    const [one, other] = await Promise.all([1, 2].map(() => t.run(t.rootToken, createListEntry, at, entry)));
    expect(one).toEqual(other);
  });

  it("goes with its inbox, and its pod", async () => {
    const pod = await t.seed.pod();
    const { address: inbox } = await t.seed.inbox(pod);
    for (const at of [{ inbox }, { pod }])
      await t.run(t.rootToken, createListEntry, at, { ...blocked, entry: "a@b.example" });
    await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
    await t.run(t.rootToken, deletePod, { pod }, undefined);
    const left = await t.behind((tx) =>
      sql`select entry from list_entries where pod_id = ${pod}`.execute(tx.within(systemScope)),
    );
    expect(left.rows).toEqual([]);
  });
});

it("a list that is full takes no entry more, and still answers with those it has", async () => {
  const at = { pod: await t.seed.pod() };
  await t.behind((tx) =>
    sql`insert into list_entries (id, organization_id, pod_id, direction, list_type, entry, created_at)
      select gen_random_uuid(), ${t.organizationId}::uuid, ${at.pod}::uuid, 'send', 'block', 'a' || n || '.example', now()
      from generate_series(1, 10000) as n`.execute(tx.within(systemScope)),
  );
  const refused = await t.refusal(t.rootToken, createListEntry, at, {
    ...blocked,
    entry: "one.more.example",
  });
  expect(refused).toMatchObject({ code: "limit.exceeded", details: { limit: { count: 10_000 } } });
  const known = await t.run(t.rootToken, createListEntry, at, { ...blocked, entry: "a7.example" });
  expect(known.entry).toBe("a7.example");
  const other = { direction: "send", listType: "allow", entry: "one.more.example" };
  expect((await t.run(t.rootToken, createListEntry, at, other)).entry).toBe("one.more.example");
});
