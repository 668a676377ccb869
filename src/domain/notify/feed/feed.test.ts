/** What a process reads of the table of events: each once, whatever the order in which transactions commit. */
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type EventWriters, openEventWriters } from "../../../../test/support/event-writers.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { FEED_PAGE_EVENTS } from "../limits.ts";
import { createEventFeed, type EventFeed, type FeedEvent } from "./index.ts";

let t: TestDoor;
let pod: string;
let feed: EventFeed;
let told: FeedEvent[];
let wake: () => void;
let writers: EventWriters;
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  writers = openEventWriters(t);
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
  await writers.end();
});
afterAll(() => t.close());

const writing = (...ids: readonly string[]) => writers.writing(pod, ...ids);
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
