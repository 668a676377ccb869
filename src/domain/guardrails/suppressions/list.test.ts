import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createSuppression, importSuppressions, listSuppressions } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const all = { size: 100, after: null, ascending: true };

it("has the suppressions of a pod by address, page by page in either direction", async () => {
  const at = { pod: await t.seed.pod() };
  expect(await t.run(t.rootToken, listSuppressions, at, all)).toEqual({ items: [], next: null });
  const suppressions = ["c@x.test", "a@x.test", "b@x.test"].map((address) => ({ address }));
  await t.run(t.rootToken, importSuppressions, at, { suppressions });
  const page = await t.run(t.rootToken, listSuppressions, at, { ...all, size: 2 });
  expect(page.items.map(({ address }) => address)).toEqual(["a@x.test", "b@x.test"]);
  const rest = await t.run(t.rootToken, listSuppressions, at, { ...all, after: page.next });
  expect(rest).toMatchObject({ items: [{ address: "c@x.test" }], next: null });
  const { items } = await t.run(t.rootToken, listSuppressions, at, { ...all, ascending: false });
  expect(items.map(({ address }) => address)).toEqual(["c@x.test", "b@x.test", "a@x.test"]);
});

it("is of one pod alone, and a key of an inbox reaches none", async () => {
  const [own, other] = [await t.seed.pod(), await t.seed.tenant()];
  await t.run(t.rootToken, createSuppression, { pod: own }, { address: "a@x.test" });
  expect((await t.run(t.rootToken, listSuppressions, { pod: other.pod }, all)).items).toEqual([]);
  expect((await t.refusal(other.token, listSuppressions, { pod: own }, all)).code).toBe("pod.not_found");
  const { address: inbox } = await t.seed.inbox(own);
  const { token } = await t.seed.key({ inbox });
  expect(await t.refusal(token, listSuppressions, { pod: own }, all)).toMatchObject({
    code: "scope.forbidden",
  });
});
