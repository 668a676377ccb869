import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createSuppression } from "../suppressions/index.ts";
import { createListEntry, deleteListEntry, getListEntry } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const blocked = { direction: "send", listType: "block" } as const;

it("takes an entry off its own list, however it is written, and off no other, once", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const entry = "ann@b\u00fccher.example";
  const others = [
    [{ inbox }, blocked],
    [{}, blocked],
    [{ pod }, { ...blocked, direction: "reply" }],
  ] as const;
  for (const [at, list] of [[{ pod }, blocked], ...others] as const)
    await t.run(t.rootToken, createListEntry, at, { ...list, entry });
  await t.run(t.rootToken, deleteListEntry, { pod }, { ...blocked, entry: "ANN@xn--bcher-kva.example" });
  for (const operation of [getListEntry, deleteListEntry])
    expect((await t.refusal(t.rootToken, operation, { pod }, { ...blocked, entry })).code).toBe(
      "object.not_found",
    );
  for (const [at, list] of others)
    expect((await t.run(t.rootToken, getListEntry, at, { ...list, entry })).entry).toBe(
      "ann@xn--bcher-kva.example",
    );
});

it("of another pod's entry finds nothing, as of one that is nowhere, and leaves it", async () => {
  const [{ token, pod }, other] = [await t.seed.tenant(), await t.seed.pod()];
  const entry = "theirs@x.example";
  await t.run(t.rootToken, createListEntry, { pod: other }, { ...blocked, entry });
  const remove = (at: string, named: string) =>
    t.refusal(token, deleteListEntry, { pod: at }, { ...blocked, entry: named });
  const absent = await remove(pod, "nobody@x.example");
  expect(absent.code).toBe("object.not_found");
  expect(await remove(pod, entry)).toEqual(absent);
  expect((await remove(other, entry)).code).toBe("pod.not_found");
  expect((await t.run(t.rootToken, getListEntry, { pod: other }, { ...blocked, entry })).entry).toBe(entry);
});

it("refuses a suppression, which is read-only here, and leaves it", async () => {
  const at = { pod: await t.seed.pod() };
  await t.run(t.rootToken, createSuppression, at, { address: "a@x.test" });
  const named = { ...blocked, entry: "a@x.test" };
  expect(await t.refusal(t.rootToken, deleteListEntry, at, named)).toMatchObject({
    code: "scope.forbidden",
    message: expect.stringContaining("read-only"),
  });
  expect((await t.run(t.rootToken, getListEntry, at, named)).isReadOnly).toBe(true);
});
