import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { type CreateWebhook, createWebhook, listWebhooks } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const plain: CreateWebhook = {
  url: "https://hooks.example.com/in",
  eventTypes: ["message.received"],
  podIds: [],
  inboxIds: [],
};

const list = async (by: string, at: { readonly pod?: string }, page: Partial<PageRequest> = {}) => {
  const { items, next } = await t.run(by, listWebhooks, at, { ...firstPage, ...page });
  return { ids: items.map(({ id }) => id), next };
};

it("has the endpoints whose owner is in the target, newest first and page by page", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  expect(await list(one.token, {})).toEqual({ ids: [], next: null });
  const make = async (by: string) => (await t.run(by, createWebhook, {}, plain)).id;
  const own = [await make(one.token), await make(one.token), await make(one.token)];
  const [theirs, whole] = [await make(two.token), await make(t.rootToken)];
  expect((await list(t.rootToken, {})).ids).toEqual([whole, theirs, ...own.toReversed()]);
  expect((await list(t.rootToken, { pod: two.pod })).ids).toEqual([theirs]);
  expect((await list(two.token, {})).ids).toEqual([theirs]);
  const first = await list(one.token, {}, { size: 2 });
  const second = await list(one.token, {}, { size: 2, after: first.next });
  expect([...first.ids, ...second.ids]).toEqual(own.toReversed());
  expect(second.next).toBeNull();
  expect((await list(one.token, {}, { ascending: true })).ids).toEqual(own);
  const { code } = await t.refusal(one.token, listWebhooks, { pod: two.pod }, firstPage);
  expect(code).toBe("pod.not_found");
});

it("shows the secret that signs to whoever may list", async () => {
  const { token } = await t.seed.tenant();
  const made = await t.run(token, createWebhook, {}, plain);
  expect((await t.run(token, listWebhooks, {}, firstPage)).items).toEqual([made]);
});
