import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Cursor, Page } from "../../door/cursor.ts";
import { listPods, type Pod } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("the organization sees every pod once over its pages, newest first, and a pod's key its own alone", async () => {
  const made = [await t.seed.pod(), await t.seed.pod(), await t.seed.pod()];
  const seen: string[] = [];
  let after: Cursor | null = null;
  do {
    const page: Page<Pod> = await t.run(t.rootToken, listPods, {}, { ...firstPage, size: 2, after });
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
  expect(seen).toEqual([...made.toReversed(), t.organizationId]);
  const { token } = await t.seed.key({ pod: made[1] ?? "" });
  expect((await t.run(token, listPods, {}, firstPage)).items.map(({ id }) => id)).toEqual([made[1]]);
});
