import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { PageRequest } from "../../door/cursor.ts";
import type { At } from "../../door/targets.ts";
import { listInboxes } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const list = async (by: string, at: At = {}, page: Partial<PageRequest> = {}) => {
  const { items, next } = await t.run(by, listInboxes, at, { ...firstPage, ...page });
  return { ids: items.map(({ id }) => id), next };
};

it("has the inboxes that the target holds, newest first and page by page", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  expect(await list(one.token)).toEqual({ ids: [], next: null });
  const made = [await t.seed.inbox(one.pod), await t.seed.inbox(one.pod), await t.seed.inbox(one.pod)];
  const theirs = await t.seed.inbox(two.pod);
  const own = made.map(({ id }) => id);
  expect((await list(t.rootToken)).ids).toEqual([theirs.id, ...own.toReversed()]);
  expect((await list(t.rootToken, { pod: two.pod })).ids).toEqual([theirs.id]);
  const first = await list(one.token, {}, { size: 2 });
  const second = await list(one.token, {}, { size: 2, after: first.next });
  expect([...first.ids, ...second.ids]).toEqual(own.toReversed());
  expect(second.next).toBeNull();
  expect((await list(one.token, {}, { ascending: true })).ids).toEqual(own);
  const { token: narrow } = await t.seed.key({ inbox: made[1]?.address ?? "" });
  expect((await list(narrow)).ids).toEqual([own[1]]);
  expect((await t.refusal(one.token, listInboxes, { pod: two.pod }, firstPage)).code).toBe("pod.not_found");
});
