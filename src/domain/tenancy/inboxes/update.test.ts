import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getInbox, type InboxChange, updateInbox } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

test("changes made at once are all kept", async () => {
  const { address: inbox } = await t.seed.inbox();
  const update = (input: InboxChange) => t.run(t.rootToken, updateInbox, { inbox }, input);
  for (let round = 0; round < 5; round++) {
    const names = [1, 2, 3, 4].map((number) => `fact-${round}-${number}`);
    await Promise.all([
      update({ displayName: `Name ${round}` }),
      ...names.map((name) => update({ metadata: { [name]: round } })),
    ]);
    expect(await t.run(t.rootToken, getInbox, { inbox }, undefined)).toMatchObject({
      displayName: `Name ${round}`,
      metadata: Object.fromEntries(names.map((name) => [name, round])),
    });
  }
});
