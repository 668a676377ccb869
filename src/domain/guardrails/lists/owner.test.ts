import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createListEntry, deleteListEntry, getListEntry, listListEntries } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const blocked = { direction: "send", listType: "block" } as const;

it("the organization's lists are for its own keys: a pod's key is refused, and keeps the lists of its pod", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const entry = "secret@organization.example";
  await t.run(t.rootToken, createListEntry, {}, { ...blocked, entry });
  for (const at of [{ pod }, { inbox }]) {
    const { token } = await t.seed.key(at);
    const refusals = [
      await t.refusal(token, listListEntries, {}, { ...blocked, page: firstPage }),
      await t.refusal(token, getListEntry, {}, { ...blocked, entry }),
      await t.refusal(token, createListEntry, {}, { ...blocked, entry: "mine@own.example" }),
      await t.refusal(token, deleteListEntry, {}, { ...blocked, entry }),
    ];
    expect(refusals.map(({ code }) => code)).toEqual(Array(4).fill("scope.forbidden"));
    await t.run(token, createListEntry, at, { ...blocked, entry: "mine@own.example" });
    const { items } = await t.run(token, listListEntries, at, { ...blocked, page: firstPage });
    expect(items.map((one) => one.entry)).toEqual(["mine@own.example"]);
  }
  expect((await t.run(t.rootToken, getListEntry, {}, { ...blocked, entry })).entry).toBe(entry);
});

it.each([
  { direction: "sent", listType: "block" },
  { direction: "send", listType: "deny" },
])("a list that is none ($direction, $listType) is not found, to read it and to add to it", async (list) => {
  const reading = await t.refusal(t.rootToken, listListEntries, {}, { ...list, page: firstPage });
  expect(reading).toMatchObject({ code: "object.not_found", message: "List not found" });
  const adding = await t.refusal(t.rootToken, createListEntry, {}, { ...list, entry: "a@b.example" });
  expect(adding.code).toBe("object.not_found");
});
