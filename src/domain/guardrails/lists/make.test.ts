import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { Failure } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { createListEntry } from "./index.ts";
import { MAX_LIST_ENTRIES } from "./limits.ts";
import { type CreateListEntry, makeListEntries, planListEntry } from "./make.ts";
import { ownerOf } from "./owner.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const createMany = operation({
  name: "list_entry.create_many",
  needs: ["list_entry_create"],
  on: "any",
  kind: "write",
  check: (inputs: readonly CreateListEntry[]) => inputs.map(planListEntry),
  run: (context, plans) => makeListEntries(context, ownerOf(context), plans),
});

it("a batch comes out as single creates would: made, found when they were there, and found behind a twin", async () => {
  const at = { pod: await t.seed.pod() };
  const on = (list: string, entry: string): CreateListEntry => ({ direction: "send", listType: list, entry });
  const there = await t.run(t.rootToken, createListEntry, at, on("block", "there.example"));
  const outcomes = await t.run(t.rootToken, createMany, at, [
    on("block", "new.example"),
    on("block", "THERE.example"),
    on("block", "New.example"),
    on("allow", "there.example"),
  ]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["made", "found", "found", "made"]);
  const things = outcomes.map((outcome) => (outcome.kind === "failed" ? null : outcome.thing));
  expect(things[1]).toEqual(there);
  expect(things[2]).toEqual(things[0]);
  expect(await t.run(t.rootToken, createListEntry, at, on("allow", "there.example"))).toEqual(things[3]);
});

it("batches of the same entries at once make each of them once", async () => {
  const at = { pod: await t.seed.pod() };
  const inputs = Array.from({ length: 50 }, (_none, index) => ({
    direction: "reply",
    listType: "block",
    entry: `a${index}.example`,
  }));
  const batches = await Promise.all([
    t.run(t.rootToken, createMany, at, inputs),
    t.run(t.rootToken, createMany, at, inputs.toReversed()),
  ]);
  const ids = batches.flat().map((outcome) => (outcome.kind === "failed" ? "" : outcome.thing.id));
  expect(new Set(ids).size).toBe(inputs.length);
  expect(batches.flat().filter(({ kind }) => kind === "made")).toHaveLength(inputs.length);
});

it("entries that are made at once around the bound fill the list and do not exceed it", async () => {
  const pod = await t.seed.pod();
  const room = 5;
  await t.behind((tx) =>
    sql`insert into list_entries (id, organization_id, pod_id, direction, list_type, entry, created_at)
      select gen_random_uuid(), ${t.organizationId}::uuid, ${pod}::uuid, 'send', 'block', n || '.example', now()
      from generate_series(1, ${MAX_LIST_ENTRIES - room}::integer) as n`.execute(tx.within(systemScope)),
  );
  const creates = Array.from({ length: 16 }, (_none, index) =>
    t
      .run(
        t.rootToken,
        createListEntry,
        { pod },
        { direction: "send", listType: "block", entry: `x${index}.example` },
      )
      .then(
        () => "made",
        (error: unknown) => (error instanceof Failure ? error.code : error),
      ),
  );
  const outcomes = (await Promise.all(creates)).toSorted();
  expect(outcomes).toEqual([...Array(16 - room).fill("limit.exceeded"), ...Array(room).fill("made")]);
});
