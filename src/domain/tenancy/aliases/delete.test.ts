import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { findRecipients, systemScope } from "../../door/access/index.ts";
import { createAlias, deleteAlias, listAliases } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const own = "rookery.localhost";
const add = async (inbox: string, address: string): Promise<string> =>
  (await t.run(t.rootToken, createAlias, { inbox }, { address })).address;
const addressesOf = async (inbox: string): Promise<string[]> =>
  (await t.run(t.rootToken, listAliases, { inbox }, undefined)).map(({ address }) => address);

it("an alias leads nowhere from then on, and may be another inbox's; it is deleted once", async () => {
  const [first, second] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  const kept = await add(first, `kept@${own}`);
  const address = await add(first, `sales@${own}`);
  await t.run(t.rootToken, deleteAlias, { inbox: first }, { address: `SALES@${own}` });
  const found = await t.behind((tx) => findRecipients(tx, systemScope, [address, kept], own));
  expect([...found.keys()]).toEqual([kept]);
  expect(await addressesOf(first)).toEqual([kept]);
  const again = await t.refusal(t.rootToken, deleteAlias, { inbox: first }, { address });
  expect(again.code).toBe("object.not_found");
  expect(await add(second, address)).toBe(address);
});

it("the inbox's own address is no alias, nor is another inbox's alias one of it: both stay", async () => {
  const pod = await t.seed.pod();
  const [inbox, other] = [(await t.seed.inbox(pod)).address, (await t.seed.inbox()).address];
  const theirs = await add(other, `theirs@${own}`);
  const { token } = await t.seed.key({ inbox });
  const remove = (at: string, address: string) => t.refusal(token, deleteAlias, { inbox: at }, { address });
  const absent = await remove(inbox, `nobody@${own}`);
  expect(absent.code).toBe("object.not_found");
  for (const address of [inbox, other, theirs]) expect(await remove(inbox, address)).toEqual(absent);
  expect((await remove(other, theirs)).code).toBe("inbox.not_found");
  const found = await t.behind((tx) => findRecipients(tx, systemScope, [inbox, other, theirs], own));
  expect([...found.keys()].toSorted()).toEqual([inbox, other, theirs].toSorted());
});
