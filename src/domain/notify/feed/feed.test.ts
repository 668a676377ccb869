/** What a process reads of the table of events: each once, whatever the order in which transactions commit. */
import { sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { FEED_PAGE_EVENTS, MAX_REPLAYED_EVENTS } from "../limits.ts";
import { createEventFeed, type EventFeed, type FeedEvent, replayEvents } from "./index.ts";

let t: TestDoor;
let pod: string;
let feed: EventFeed;
let told: FeedEvent[];
let wake: () => void;
const clients: pg.Client[] = [];
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
});
beforeEach(async () => {
  told = [];
  feed = createEventFeed({
    database: t.database,
    newId: t.parts.lent.newId,
    warn: (reason, error) => {
      throw new Error(reason, { cause: error });
    },
    listen: async (onNotice) => {
      wake = onNotice;
      return async () => undefined;
    },
  });
  await feed.begin({
    isWanted: () => true,
    tell: async (event) => void told.push(event),
    looked: () => undefined,
  });
});
afterEach(async () => {
  await feed.end();
  for (const client of clients.splice(0)) await client.end();
});
afterAll(() => t.close());

/** A transaction that has written events and is not committed. */
async function writing(...ids: readonly string[]): Promise<pg.Client> {
  const client = new pg.Client({ ...t.engine.connection, options: "-c role=rookery_worker" });
  clients.push(client);
  await client.connect();
  await client.query("begin");
  const events = ids.map((id) => ({
    ...{ id, podId: pod, organizationId: t.organizationId, inboxId: null, messageUuid: null },
    ...{ type: "domain.verified", data: {}, at: new Date() },
  }));
  await client.query("select rookery_emit($1)", [JSON.stringify(events)]);
  return client;
}

const newId = (): string => t.parts.lent.newId();
const ids = (): string[] => told.map(({ id }) => id);

async function untilTold(id: string): Promise<void> {
  await eventually(`event ${id}`, async () => {
    wake();
    return ids().includes(id);
  });
}

test("an event that is committed late, behind others that began after it, is told of once, and they are not held up", async () => {
  const [early, late, last] = [newId(), newId(), newId()];
  const slow = await writing(early);
  await (await writing(late)).query("commit");
  await untilTold(late);
  expect(ids()).toEqual([late]);
  await slow.query("commit");
  await untilTold(early);
  await (await writing(last)).query("commit");
  await untilTold(last);
  expect(ids()).toEqual([late, early, last]);
});

test("what is rolled back is never told of, and what was committed before the feed began is not either", async () => {
  const [undone, done] = [newId(), newId()];
  await (await writing(undone)).query("rollback");
  await (await writing(done)).query("commit");
  await untilTold(done);
  expect(ids()).toEqual([done]);
});

test("more events than a page holds are told of once each, with some committed meanwhile", async () => {
  const many = Array.from({ length: FEED_PAGE_EVENTS * 2 + 1 }, newId);
  const slow = await writing(...many);
  const other = newId();
  const between = await writing(other);
  await slow.query("commit");
  wake();
  await between.query("commit");
  await untilTold(many.at(-1) ?? "");
  await untilTold(other);
  expect(new Set(ids())).toEqual(new Set([...many, other]));
  expect(told).toHaveLength(many.length + 1);
});

test("a replay has what was not committed when the cursor was written, also what has a smaller id", async () => {
  const listening = { types: ["domain.verified"] as const, podIds: [pod], inboxIds: [], all: false };
  const [early, cursor, next] = [newId(), newId(), newId()];
  const slow = await writing(early);
  await (await writing(cursor)).query("commit");
  await slow.query("commit");
  await (await writing(next)).query("commit");
  const missed = await t.run(t.rootToken, replayEvents, {}, { after: cursor, listening });
  expect(missed.map(({ id }) => id)).toEqual([early, next]);
  expect(await t.run(t.rootToken, replayEvents, {}, { after: next, listening })).toEqual([]);
});

test("more missed events than are replayed, and one that was pruned, are refused", async () => {
  const listening = { types: ["domain.verified"] as const, podIds: [], inboxIds: [], all: true };
  const cursor = newId();
  await (await writing(cursor)).query("commit");
  await (await writing(...Array.from({ length: MAX_REPLAYED_EVENTS + 1 }, newId))).query("commit");
  const tooMany = await t.refusal(t.rootToken, replayEvents, {}, { after: cursor, listening });
  expect(tooMany).toMatchObject({ code: "object.not_found", message: expect.stringContaining("More than") });
  const gone = await t.refusal(t.rootToken, replayEvents, {}, { after: newId(), listening });
  expect(gone.code).toBe("object.not_found");
});

test("events restored from another PostgreSQL, whose transactions this one has not reached, are not told of", async () => {
  await feed.end();
  const restored = newId();
  await (await writing(restored)).query("commit");
  await t.behind((tx) =>
    sql`update events set tx = '9000000000000000' where id = ${restored}::uuid`.execute(
      tx.within(systemScope),
    ),
  );
  await feed.begin({
    isWanted: () => true,
    tell: async (event) => void told.push(event),
    looked: () => undefined,
  });
  const after = newId();
  await (await writing(after)).query("commit");
  await untilTold(after);
  expect(ids()).toEqual([after]);
});
