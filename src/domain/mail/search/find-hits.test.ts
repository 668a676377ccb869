/** Searches that are out of time. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import type { Cursor } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { findHits, type HitPage, searchFailures } from "./find-hits.ts";
import { indexTurn } from "./index.ts";
import { checkSearch } from "./request.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
let address: string;
let pod: string;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
  ({ address, pod } = await fillInbox());
});
afterAll(() => t.close());

/** As operations search, but for the time that they give it. */
const searchWithin = (budgetMs: number, statementMs: number, ofThreads: boolean) =>
  operation({
    name: "thread.search",
    needs: ["message_read"],
    on: "any",
    kind: "read",
    fails: searchFailures,
    check: checkSearch,
    run: (context, { request }) => findHits(context, { ...request, ofThreads }, { budgetMs, statementMs }),
  });

/** More than a search looks at together, and several of the steps in which it then reads on. */
const COPIES = 4500;
/** The newest copies have no hit, and behind them every so many has one. */
const [FIRST_HIT, HIT_EVERY] = [1600, 400];
const HITS = 8;
/** From there on every copy has a word that none before has: the index of words finds too many to look at together. */
const FIRST_FREQUENT = 700;

const asked = (
  after: Cursor | null,
  order: "relevance" | "timestamp" = "relevance",
  query = '"ocelot margay"',
) => ({
  ...{ query, order, before: null, after: null },
  page: { size: 2, after },
});

async function index(): Promise<void> {
  while ((await indexTurn(t.database, null)).count > 0);
}

/** A thread whose messages all have both words, of which few have them one behind the other: the index of words cannot tell. */
async function fillInbox(): Promise<{ readonly address: string; readonly pod: string }> {
  const pod = await t.seed.pod();
  const { address, id } = await t.seed.inbox(pod);
  await arrive(address, { id: "<first@x>", text: "margay, ocelot", second: 30_000_000 });
  await index();
  const hit = `n >= ${FIRST_HIT} and n % ${HIT_EVERY} = 0`;
  await t.behind(async (tx) => {
    const db = tx.within(systemScope);
    await sql`insert into messages select copied.* from messages as o cross join generate_series(1, ${sql.lit(COPIES)}) as n
      cross join lateral jsonb_populate_record(o, jsonb_build_object('id', md5('copy' || n || ${id}::text)::uuid,
        'message_id', '<' || n || '@x>', 'timestamp', o.timestamp - n * interval '1 minute')) as copied
      where o.inbox_id = ${id}`.execute(db);
    await sql`insert into message_search select copied.* from message_search as o cross join generate_series(1, ${sql.lit(COPIES)}) as n
      cross join lateral jsonb_populate_record(o, jsonb_build_object('id', md5('copy' || n || ${id}::text)::uuid,
        'timestamp', o.timestamp - n * interval '1 minute',
        'words', o.words || case when ${sql.raw(hit)} then 'ocelot:1 margay:2 serval:3 strasse:5 9:7' else '' end::tsvector
          || case when n >= ${sql.lit(FIRST_FREQUENT)} then 'caracal:4' else '' end::tsvector)) as copied
      where o.inbox_id = ${id}`.execute(db);
  });
  return { address, pod };
}

it("ends a page where its time was over, and goes on behind it: everything is found once, though pages may be empty", async () => {
  for (const at of [{ inbox: address }, { pod }])
    for (const order of ["relevance", "timestamp"] as const) {
      const hits: string[] = [];
      const sizes: number[] = [];
      for (let after: Cursor | null = null; ; ) {
        const page: HitPage = await t.run(
          t.rootToken,
          searchWithin(0, 10_000, false),
          at,
          asked(after, order),
        );
        hits.push(...page.hits.map(({ id }) => id));
        sizes.push(page.hits.length);
        if (page.next === null) break;
        after = page.next;
      }
      expect([hits.length, new Set(hits).size]).toEqual([HITS, HITS]);
      expect(sizes).toContain(0);
    }
});

it("finds what few have behind the newest by the index, and reads on for what many have, to the end of a page", async () => {
  for (const at of [{ inbox: address }, { pod }]) {
    const search = async (query: string, size: number, after: Cursor | null = null) => {
      const input = asked(after, "timestamp", query);
      return t.run(t.rootToken, searchWithin(10_000, 10_000, false), at, {
        ...input,
        page: { size, after },
      });
    };
    const rare = await search("serval", 100);
    expect([rare.hits.length, rare.next]).toEqual([HITS, null]);
    expect((await search("serval -caracal", 100)).hits).toEqual([]);
    // Has the words of the excluded phrase, but not one behind the other, of which the index of words knows nothing.
    expect((await search('serval -"Straße 9"', 100)).hits).toHaveLength(HITS);
    const seen: string[] = [];
    for (let after: Cursor | null = null; ; ) {
      const page: HitPage = await search("caracal", 100, after);
      expect(page.hits.length).toBeGreaterThan(0);
      seen.push(...page.hits.map(({ id }) => id));
      if (page.next === null) break;
      after = page.next;
    }
    expect([seen.length, new Set(seen).size]).toEqual([
      COPIES - FIRST_FREQUENT + 1,
      COPIES - FIRST_FREQUENT + 1,
    ]);
  }
});

it("shows a thread once, also when an answer arrives behind a page that was empty", async () => {
  const search = searchWithin(0, 10_000, true);
  const first = await t.run(t.rootToken, search, { pod }, asked(null));
  expect(first.hits).toEqual([]);
  expect(first.next).not.toBeNull();
  await arrive(address, { id: "<new@x>", text: "ocelot margay", inReplyTo: "<first@x>", second: 30_100_000 });
  await index();
  const threads: string[] = [];
  for (let after = first.next; after !== null; ) {
    const page: HitPage = await t.run(t.rootToken, search, { pod }, asked(after));
    threads.push(...page.hits.map(({ threadId }) => threadId));
    after = page.next;
  }
  expect(threads).toHaveLength(1);
});

it("refuses a search that has to read too much at once, and says what helps", async () => {
  const { address: inbox } = await t.seed.inbox();
  await arrive(inbox, { id: "<1@x>", text: "ocelot margay" });
  await index();
  const isHeld = Promise.withResolvers<void>();
  const isOver = Promise.withResolvers<void>();
  const held = t.database.transaction(systemScope, async (tx) => {
    await sql`lock table message_search in access exclusive mode`.execute(tx.within(systemScope));
    isHeld.resolve();
    await isOver.promise;
  });
  await isHeld.promise;
  const refusal = await t
    .refusal(t.rootToken, searchWithin(1000, 50, false), { inbox }, asked(null))
    .finally(() => isOver.resolve());
  await held;
  expect(refusal.code).toBe("range.too_wide");
  expect(refusal.details).toMatchObject({ path: ["query"], hint: expect.stringContaining("single inbox") });
  expect(
    (await t.run(t.rootToken, searchWithin(1000, 10_000, false), { inbox }, asked(null))).hits,
  ).toHaveLength(1);
});
