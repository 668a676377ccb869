import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allThreads } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { At } from "../../door/targets.ts";
import { type ListThreads, listThreads } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const idsOf = async (token: string, at: At, asked: Partial<ListThreads> = {}): Promise<string[]> =>
  (await t.run(token, listThreads, at, { ...allThreads, ...asked })).items.map(({ id }) => id);

it("each level lists what lies below it and nothing beside it", async () => {
  const [pod, other] = [await t.seed.pod(), await t.seed.pod()];
  const [{ address: inbox }, { address: theirs }] = [await t.seed.inbox(pod), await t.seed.inbox(other)];
  const arrive = mailInto(t);
  await arrive(inbox, { id: "<one@x>", subject: "One" });
  await arrive(theirs, { id: "<two@x>", subject: "Two" });
  const mine = await idsOf(t.rootToken, { inbox });
  const others = await idsOf(t.rootToken, { inbox: theirs });
  expect(mine).toHaveLength(1);
  expect(await idsOf(t.rootToken, { pod })).toEqual(mine);
  expect((await idsOf(t.rootToken, {})).toSorted()).toEqual([...mine, ...others].toSorted());
  const { token } = await t.seed.key({ pod });
  expect(await idsOf(token, {})).toEqual(mine);
  expect(await idsOf(token, {}, { subject: ["o"] })).toEqual(mine);
});
