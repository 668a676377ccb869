import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { updateInbox } from "../../tenancy/inboxes/index.ts";
import { type AccountList, listAccounts } from "./index.ts";

let t: TestDoor;
let pods: string[];
/** In the order in which they were made, two of each pod. */
let made: string[];
beforeAll(async () => {
  t = await openTestDoor();
  pods = [await t.seed.pod(), await t.seed.pod()];
  made = [];
  for (const pod of [...pods, ...pods]) made.push((await t.seed.inbox(pod)).address);
  // A minute between each and the next.
  for (const [index, address] of made.entries())
    await t.behind((tx) =>
      tx
        .within(systemScope)
        .updateTable("inboxes")
        .set({ created_at: minute(index), updated_at: minute(index) })
        .where("address", "=", address)
        .execute(),
    );
});
afterAll(() => t.close());

const minute = (index: number): Date => new Date(Date.UTC(2026, 0, 1, 0, index));

const all: AccountList = {
  ...{ size: 200, skip: 0, sort: "created_at", ascending: false, address: null, status: null },
  ...{ podId: null, since: null, before: null },
};

const listed = async (filter: Partial<AccountList>, by = t.rootToken): Promise<(string | undefined)[]> =>
  (await t.run(by, listAccounts, {}, { ...all, ...filter })).map(({ inbox }) => inbox.address);

const at = (...indexes: readonly number[]): (string | undefined)[] => indexes.map((index) => made[index]);

test("accounts come newest first, or oldest first, and each once over pages of any size", async () => {
  expect(await listed({})).toEqual(at(3, 2, 1, 0));
  expect(await listed({ ascending: true })).toEqual(at(0, 1, 2, 3));
  for (const size of [1, 2, 3]) {
    const paged: (string | undefined)[] = [];
    for (let skip = 0; skip < 6; skip += size) paged.push(...(await listed({ size, skip })));
    expect(paged).toEqual(at(3, 2, 1, 0));
  }
  expect(await listed({ skip: 1_000_000_000 })).toEqual([]);
  expect(await listed({ size: 0 })).toEqual([]);
});

test("filters narrow the list, alone and together", async () => {
  const [one = "", other = ""] = pods;
  expect(await listed({ podId: one })).toEqual(at(2, 0));
  expect(await listed({ podId: other, skip: 1 })).toEqual(at(1));
  expect(await listed({ since: minute(2) })).toEqual(at(3, 2));
  expect(await listed({ before: minute(2) })).toEqual(at(1, 0));
  expect(await listed({ since: minute(1), before: minute(3), podId: one })).toEqual(at(2));
  expect(await listed({ address: made[1]?.toUpperCase() ?? "" })).toEqual(at(1));
  expect(await listed({ address: made[1] ?? "", podId: one })).toEqual([]);
  expect(await listed({ address: made[1] ?? "", since: minute(2) })).toEqual([]);
  expect(await listed({ address: made[1] ?? "", skip: 1 })).toEqual([]);
  expect(await listed({ address: "nobody@rookery.localhost" })).toEqual([]);
  expect(await listed({ podId: "0190a000-0000-7000-8000-00000000dead" })).toEqual([]);
  expect(await listed({ status: "valid", podId: one })).toEqual(at(2, 0));
  expect(await listed({ status: "invalid" })).toEqual([]);
});

test("accounts by their last change", async () => {
  await t.run(t.rootToken, updateInbox, { inbox: made[1] ?? "" }, { displayName: "Changed" });
  expect(await listed({ sort: "updated_at" })).toEqual(at(1, 3, 2, 0));
  expect(await listed({ sort: "updated_at", ascending: true, before: minute(3) })).toEqual(at(0, 2, 1));
});

test("a key sees its pod's accounts, or its own, and no filter shows it another", async () => {
  const [one = "", other = ""] = pods;
  const { token: ofPod } = await t.seed.key({ pod: one });
  const { token: ofInbox } = await t.seed.key({ inbox: made[0] ?? "" });
  for (const status of [null, "valid"] as const) {
    expect(await listed({ status }, ofPod)).toEqual(at(2, 0));
    expect(await listed({ status, podId: other }, ofPod)).toEqual([]);
    expect(await listed({ status, address: made[1] ?? "" }, ofPod)).toEqual([]);
    expect(await listed({ status }, ofInbox)).toEqual(at(0));
    expect(await listed({ status, podId: one }, ofInbox)).toEqual(at(0));
    expect(await listed({ status, address: made[2] ?? "" }, ofInbox)).toEqual([]);
  }
});

test("what skips rows outside row-level security stays in the request's scope, whatever it is asked", async () => {
  const [one = "", other = ""] = pods;
  const { token } = await t.seed.key({ pod: one });
  const { scope } = await t.authenticator.authenticate(token);
  const page = (pod: string | null) =>
    t.database.transaction(scope, async (tx) => {
      const { rows } =
        await sql`select pod_id from rookery_page_of_inboxes(${pod}::uuid, 'created_at', false, null, null,
        null, '{}', '{}', '{}', 0, 100)`.execute(tx.within(scope));
      return rows;
    });
  expect(await page(one)).toEqual([{ pod_id: one }, { pod_id: one }]);
  await expect(page(other)).rejects.toThrow("outside the scope");
  await expect(page(null)).rejects.toThrow("outside the scope");
});
