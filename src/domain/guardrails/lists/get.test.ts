import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createListEntry, getListEntry } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const blocked = { direction: "send", listType: "block" } as const;

it("an entry is on its own list and on no other, at no other level", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const entry = "only@here.example";
  await t.run(t.rootToken, createListEntry, { pod }, { ...blocked, entry });
  const others = [
    [{ pod }, { direction: "send", listType: "allow" }],
    [{ pod }, { direction: "reply", listType: "block" }],
    [{ inbox }, blocked],
    [{}, blocked],
  ] as const;
  for (const [at, list] of others) {
    const refusal = await t.refusal(t.rootToken, getListEntry, at, { ...list, entry });
    expect(refusal).toMatchObject({ code: "object.not_found", message: "List entry not found" });
  }
  expect((await t.run(t.rootToken, getListEntry, { pod }, { ...blocked, entry })).podId).toBe(pod);
});

it("what is on no list, could be on none, or is on another pod's is the same not found", async () => {
  const [{ token, pod }, other] = [await t.seed.tenant(), await t.seed.pod()];
  await t.run(t.rootToken, createListEntry, { pod: other }, { ...blocked, entry: "theirs@x.example" });
  const get = (at: { readonly pod: string }, entry: string) =>
    t.refusal(token, getListEntry, at, { ...blocked, entry });
  const absent = await get({ pod }, "nobody@x.example");
  expect(absent.code).toBe("object.not_found");
  for (const entry of ["theirs@x.example", "*@x.example", "not an entry", ""])
    expect(await get({ pod }, entry), entry).toEqual(absent);
  expect((await get({ pod: other }, "theirs@x.example")).code).toBe("pod.not_found");
});
