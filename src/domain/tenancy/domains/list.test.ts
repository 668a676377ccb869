import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { createDomain, listDomains } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const list = async (by: string, at: { readonly pod?: string } = {}, page: Partial<PageRequest> = {}) => {
  const { items, next } = await t.run(by, listDomains, at, { ...firstPage, ...page });
  return { names: items.map(({ domain }) => domain), next };
};

it("has the target's domains, newest first and page by page; a pod sees none of the organization's or another pod's", async () => {
  const [one, two] = [await t.seed.tenant(), await t.seed.tenant()];
  expect(await list(one.token)).toEqual({ names: [], next: null });
  const own = ["c.example", "a.example", "b.example"];
  for (const domain of own) await t.run(one.token, createDomain, {}, { domain });
  await t.run(two.token, createDomain, {}, { domain: "theirs.example" });
  await t.run(t.rootToken, createDomain, {}, { domain: "whole.example" });
  expect((await list(t.rootToken)).names).toEqual(["whole.example", "theirs.example", ...own.toReversed()]);
  expect((await list(t.rootToken, { pod: two.pod })).names).toEqual(["theirs.example"]);
  expect((await list(two.token)).names).toEqual(["theirs.example"]);
  const first = await list(one.token, {}, { size: 2 });
  const second = await list(one.token, {}, { size: 2, after: first.next });
  expect([...first.names, ...second.names]).toEqual(own.toReversed());
  expect(second.next).toBeNull();
  expect((await list(one.token, {}, { ascending: true })).names).toEqual(own);
  const foreign = await t.refusal(one.token, listDomains, { pod: two.pod }, firstPage);
  expect(foreign.code).toBe("pod.not_found");
});
