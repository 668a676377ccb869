import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { attachPolicy } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { createPolicy, listPolicies } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const create = async (): Promise<string> =>
  (await t.run(t.rootToken, createPolicy, {}, { name: "Standard" })).id;
const list = async (by: string, page: Partial<PageRequest> = {}) => {
  const { items, next } = await t.run(by, listPolicies, {}, { ...firstPage, ...page });
  return { ids: items.map(({ id }) => id), next };
};

it("shows the organization all, newest first and page by page", async () => {
  const made = [await create(), await create(), await create()];
  const first = await list(t.rootToken, { size: 2 });
  const second = await list(t.rootToken, { size: 2, after: first.next });
  expect([...first.ids, ...second.ids]).toEqual(made.toReversed());
  expect(second.next).toBeNull();
  expect((await list(t.rootToken, { ascending: true })).ids).toEqual(made);
});

it("shows a key of a pod or inbox the one that its pod has attached, on the first page", async () => {
  const [own, newer] = [await create(), await create()];
  const { pod, token } = await t.seed.tenant();
  const inbox = await t.seed.key({ inbox: (await t.seed.inbox(pod)).address });
  expect(await list(token)).toEqual({ ids: [], next: null });
  await attachPolicy(t, pod, own);
  for (const key of [token, inbox.token]) {
    expect(await list(key)).toEqual({ ids: [own], next: null });
    expect((await list(key, { after: [new Date(), newer] })).ids).toEqual([]);
  }
});
