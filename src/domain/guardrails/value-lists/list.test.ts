import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { nameInRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { createValueList, listValueLists } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const make = async () => (await t.run(t.rootToken, createValueList, {}, { name: "L", type: "domain" })).id;
const list = async (by: string, page: Partial<PageRequest> = {}) => {
  const { items, next } = await t.run(by, listValueLists, {}, { ...firstPage, ...page });
  return { ids: items.map(({ id }) => id), next };
};

it("shows the organization all, newest first and page by page", async () => {
  expect(await list(t.rootToken)).toEqual({ ids: [], next: null });
  const made = [await make(), await make(), await make()];
  const first = await list(t.rootToken, { size: 2 });
  const second = await list(t.rootToken, { size: 2, after: first.next });
  expect([...first.ids, ...second.ids]).toEqual(made.toReversed());
  expect(second.next).toBeNull();
  expect((await list(t.rootToken, { ascending: true })).ids).toEqual(made);
});

it("shows keys of a pod or inbox the lists that the pod's rules name", async () => {
  const [named] = [await make(), await make()];
  const { pod, token } = await t.seed.tenant();
  expect((await list(token)).ids).toEqual([]);
  await nameInRule(t, pod, named);
  const inbox = await t.seed.inbox(pod);
  const { token: inboxToken } = await t.seed.key({ inbox: inbox.address });
  for (const by of [token, inboxToken]) expect((await list(by)).ids).toEqual([named]);
  const { token: blind } = await t.seed.key({}, "message_read");
  expect((await t.refusal(blind, listValueLists, {}, firstPage)).code).toBe("permission.missing");
});
