import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openQueuedJobs } from "../../../../test/support/queued-jobs.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { assignInboxes } from "../moves/index.ts";
import { deleteInbox, pauseInbox, rankTurn, updateInbox } from "./index.ts";
import { listInboxesByOffset, type OffsetPage, type StatusFilter } from "./offset-store.ts";

const INBOXES = 60;
let t: TestDoor;
let pods: string[];
let addresses: string[];
beforeAll(async () => {
  t = await openTestDoor();
  pods = [await t.seed.pod(), await t.seed.pod(), await t.seed.pod()];
  addresses = [];
  for (let index = 0; index < INBOXES; index++)
    addresses.push((await t.seed.inbox(pods[index % pods.length] ?? "")).address);
});
afterAll(() => t.close());

/** Counts, and keeps the place of every `step`th. */
const rank = (step: number) =>
  t.behind((tx) =>
    sql`select rookery_rank_inboxes(${t.organizationId}::uuid, ${step}::integer)`.execute(
      tx.within(systemScope),
    ),
  );

const all: Omit<OffsetPage, "skip" | "size"> = {
  ...{ sort: "created_at", ascending: true, podId: null, since: null, before: null, status: null },
};

async function pages(by: string, wanted: readonly Partial<OffsetPage>[]): Promise<string[][]> {
  const { scope } = await t.authenticator.authenticate(by);
  return t.database.transaction(scope, async (tx) => {
    const found = wanted.map((one) =>
      listInboxesByOffset(tx, scope, { ...all, skip: 0, size: 1000, ...one }),
    );
    return (await Promise.all(found)).map((inboxes) => inboxes.map(({ address }) => address));
  });
}

const page = async (by: string, wanted: Partial<OffsetPage>): Promise<string[]> =>
  (await pages(by, [wanted])).flat();

/** Every offset, in both directions and by both times, holds what is at that place of the whole list. */
async function expectExact(status: StatusFilter | null = null): Promise<void> {
  for (const sort of ["created_at", "updated_at"] as const)
    for (const ascending of [true, false]) {
      const list = { sort, ascending, status };
      const whole = await page(t.rootToken, list);
      const offsets = Array.from({ length: whole.length + 3 }, (_, index) => index);
      expect(
        await pages(
          t.rootToken,
          offsets.map((skip) => ({ ...list, skip, size: 3 })),
        ),
      ).toEqual(offsets.map((skip) => whole.slice(skip, skip + 3)));
    }
}

const asOwner = (text: string) => t.behind((tx) => sql.raw(text).execute(tx.within(systemScope)));

test("a page at any offset is exact: after counting, and after inboxes came, went and changed since", async () => {
  await expectExact();
  await rank(7);
  await expectExact();
  for (const index of [0, 7, 8, 21, 35, 58])
    await t.run(t.rootToken, deleteInbox, { inbox: addresses[index] ?? "" }, undefined);
  await expectExact();
  for (const index of [1, 14, 30]) {
    await t.run(t.rootToken, updateInbox, { inbox: addresses[index] ?? "" }, { displayName: "Changed" });
    await t.seed.inbox(pods[0] ?? "");
  }
  // Numbers 2 and 16 are in the last pod and in the second.
  const assign = [2, 16].map((index) => ({ address: addresses[index] ?? "" }));
  await t.run(t.rootToken, assignInboxes, { pod: pods[0] ?? "" }, { assign, remove: [] });
  await expectExact();
  await rank(5);
  await expectExact();
});

test("inboxes that come with a time before all others, or several with the same, are counted in their place", async () => {
  await rank(4);
  await asOwner(
    `update inboxes set created_at = '2020-01-01' where address in ('${addresses.slice(40, 45).join("','")}')`,
  );
  await expectExact();
  await asOwner(
    "update inboxes set created_at = '2020-01-01', updated_at = '2021-01-01' where pod_id = (select min(id::text)::uuid from pods)",
  );
  await expectExact();
  await rank(4);
  await expectExact();
});

test("lists by status leave out what is at fault, and find it, at any offset", async () => {
  for (const index of [3, 11, 12, 27])
    await t.run(t.rootToken, pauseInbox, { inbox: addresses[index] ?? "" }, undefined);
  const named = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("inboxes")
      .where("address", "=", addresses[20] ?? "")
      .select("id")
      .execute(),
  );
  const faults = { podIds: [pods[1] ?? ""], inboxIds: named.map(({ id }) => id), domains: [] };
  const filters = [
    { wanted: "valid", podIds: [], inboxIds: [], domains: [] },
    { wanted: "valid", ...faults },
    { wanted: "invalid", ...faults },
    { wanted: "invalid", podIds: [], inboxIds: [], domains: ["rookery.localhost"] },
  ] as const;
  for (const step of [6, 1000]) {
    await rank(step);
    for (const status of filters) await expectExact(status);
  }
  const everything = await page(t.rootToken, {});
  const valid = await page(t.rootToken, { status: { wanted: "valid", ...faults } });
  const invalid = await page(t.rootToken, { status: { wanted: "invalid", ...faults } });
  expect([...valid, ...invalid].toSorted()).toEqual(everything.toSorted());
  expect(invalid).toEqual(expect.arrayContaining([3, 11, 12, 27, 20].map((index) => addresses[index])));
  expect(invalid).not.toContain(addresses[30]);
  expect(await page(t.rootToken, { podId: pods[2] ?? "", status: { wanted: "invalid", ...faults } })).toEqual(
    invalid.filter((address) => [11, 20].some((index) => addresses[index] === address)),
  );
});

test("a key of a pod, or of an inbox, sees no more of what was counted than of anything else", async () => {
  await rank(2);
  const pod = pods[2] ?? "";
  const { token } = await t.seed.key({ pod });
  const own = await page(t.rootToken, { podId: pod });
  for (let skip = 0; skip < own.length + 2; skip++)
    expect(await page(token, { skip, size: 2 })).toEqual(own.slice(skip, skip + 2));
  const { scope } = await t.authenticator.authenticate(t.rootToken);
  for (const text of [
    "from inbox_ranks",
    "from inbox_rank_changes",
    "rookery_rank_inboxes(gen_random_uuid(), 1)",
  ])
    await expect(
      t.database.transaction(scope, (tx) => sql.raw(`select ${text}`).execute(tx.within(scope))),
    ).rejects.toThrow("permission denied");
});

test("a turn counts an organization that never was or that changed much, and enqueues the next", async () => {
  const due = async (): Promise<number> => {
    const { rows } = await t.behind((tx) =>
      sql<{ id: string }>`select rookery_organizations_to_rank(10) as id`.execute(tx.within(systemScope)),
    );
    return rows.length;
  };
  await asOwner("delete from inbox_ranks");
  expect(await due()).toBe(1);
  await rankTurn(t.database);
  expect(await due()).toBe(0);
  const jobs = await openQueuedJobs(t);
  expect(await jobs.runAll({ rank_inboxes: async () => undefined })).toEqual(["rank_inboxes"]);
  await jobs.close();
  await asOwner(`insert into inboxes (pod_id, organization_id, id, address, created_at, updated_at)
    select '${pods[0]}', '${t.organizationId}', gen_random_uuid(), 'filled-' || i || '@x.test', now(), now() from generate_series(1, 501) as i`);
  expect(await due()).toBe(1);
  await rankTurn(t.database);
  expect(await due()).toBe(0);
  const { rows } = await t.behind((tx) =>
    sql`select from inbox_rank_changes`.execute(tx.within(systemScope)),
  );
  expect(rows).toEqual([]);
});
