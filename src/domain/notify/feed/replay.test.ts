import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventWriters, openEventWriters } from "../../../../test/support/event-writers.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { MAX_REPLAYED_EVENTS } from "../limits.ts";
import { replayEvents } from "./index.ts";
import type { Listening } from "./subscription.ts";

let t: TestDoor;
let pod: string;
let token: string;
let writers: EventWriters;
let listening: Listening;
beforeAll(async () => {
  t = await openTestDoor();
  ({ pod, token } = await t.seed.tenant());
  writers = openEventWriters(t);
  listening = { types: ["domain.verified"], podIds: [pod], inboxIds: [], all: false };
});
afterAll(async () => {
  await writers.end();
  await t.close();
});

const all: Listening = { types: ["domain.verified"], podIds: [], inboxIds: [], all: true };
const writing = (...ids: readonly string[]) => writers.writing(pod, ...ids);
const newId = (): string => t.parts.lent.newId();

test("a replay has what was not committed when the cursor was written, also what has a smaller id", async () => {
  const [early, cursor, next] = [newId(), newId(), newId()];
  const slow = await writing(early);
  await (await writing(cursor)).query("commit");
  await slow.query("commit");
  await (await writing(next)).query("commit");
  const missed = await t.run(t.rootToken, replayEvents, {}, { after: cursor, listening });
  expect(missed.map(({ id }) => id)).toEqual([early, next]);
  expect(await t.run(t.rootToken, replayEvents, {}, { after: next, listening })).toEqual([]);
});

test("a replay has what was listened to alone, of what the key may see", async () => {
  const other = await t.seed.pod();
  const [cursor, own, theirs] = [newId(), newId(), newId()];
  for (const [podId, id] of [
    [pod, cursor],
    [other, theirs],
    [pod, own],
  ] as const)
    await (await writers.writing(podId, id)).query("commit");
  const replay = async (by: string, to: Listening) =>
    (await t.run(by, replayEvents, {}, { after: cursor, listening: to })).map(({ id }) => id);
  expect(await replay(t.rootToken, all)).toEqual([theirs, own]);
  expect(await replay(t.rootToken, listening)).toEqual([own]);
  expect(await replay(t.rootToken, { ...all, types: ["message.sent"] })).toEqual([]);
  expect(await replay(token, all)).toEqual([own]);
  const foreign = await t.refusal(token, replayEvents, {}, { after: theirs, listening });
  expect(foreign.code).toBe("object.not_found");
  expect(await t.refusal(token, replayEvents, {}, { after: newId(), listening })).toEqual(foreign);
});

test("what is no id of an event is refused", async () => {
  expect(await t.refusal(token, replayEvents, {}, { after: "nonsense", listening })).toMatchObject({
    code: "input.invalid",
    details: { path: ["after"] },
  });
});

test("more missed events than are replayed, and one that was pruned, are refused", async () => {
  const cursor = newId();
  await (await writing(cursor)).query("commit");
  await (await writing(...Array.from({ length: MAX_REPLAYED_EVENTS + 1 }, newId))).query("commit");
  const tooMany = await t.refusal(t.rootToken, replayEvents, {}, { after: cursor, listening: all });
  expect(tooMany).toMatchObject({ code: "object.not_found", message: expect.stringContaining("More than") });
  const gone = await t.refusal(t.rootToken, replayEvents, {}, { after: newId(), listening: all });
  expect(gone.code).toBe("object.not_found");
});
