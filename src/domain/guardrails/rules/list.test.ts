import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { attachRules, makeRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { listRules } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const list = (by: string, page: Partial<PageRequest> = {}) =>
  t.run(by, listRules, {}, { ...firstPage, ...page });

it("shows the organization all, newest first and page by page", async () => {
  expect(await list(t.rootToken)).toEqual({ items: [], next: null });
  const made = [await makeRule(t), await makeRule(t), await makeRule(t)];
  const first = await list(t.rootToken, { size: 2 });
  const second = await list(t.rootToken, { size: 2, after: first.next });
  expect([...first.items, ...second.items]).toEqual(made.toReversed());
  expect(second.next).toBeNull();
  expect((await list(t.rootToken, { ascending: true })).items).toEqual(made);
});

it("shows keys of a pod or inbox the rules that the pod has attached", async () => {
  const [attached] = [await makeRule(t), await makeRule(t)];
  const { pod, token } = await t.seed.tenant();
  const { address } = await t.seed.inbox(pod);
  expect((await list(token)).items).toEqual([]);
  await attachRules(t, pod, [attached]);
  const { token: inboxToken } = await t.seed.key({ inbox: address });
  for (const by of [token, inboxToken]) expect((await list(by)).items).toEqual([attached]);
});
