import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { listAllPods } from "./index.ts";
import { MAX_PODS_LISTED } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("goes on from piece to piece through the pods that the key reaches, newest first", async () => {
  const [older, newer] = [await t.seed.pod(), await t.seed.pod()];
  const piece = { ...firstPage, size: 2, listed: 0 };
  const first = await t.run(t.rootToken, listAllPods, {}, piece);
  const second = await t.run(t.rootToken, listAllPods, {}, { ...piece, after: first.next, listed: 2 });
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([newer, older, t.organizationId]);
  expect(second.next).toBeNull();
  const { token } = await t.seed.key({ pod: older });
  expect((await t.run(token, listAllPods, {}, piece)).items.map(({ id }) => id)).toEqual([older]);
});

it("a list that is given whole ends where it is too long, and a page never does", async () => {
  const piece = { ...firstPage, size: 1 };
  const list = (listed: number | null) => t.run(t.rootToken, listAllPods, {}, { ...piece, listed });
  expect((await list(MAX_PODS_LISTED - 1)).items.length).toBe(1);
  expect((await list(null)).items.length).toBe(1);
  await expect(list(MAX_PODS_LISTED)).rejects.toMatchObject({ code: "limit.exceeded" });
});
