import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { MAX_LABELS } from "../../limits.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { updateMessage } from "../messages/index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a message sent with as many labels as may be can still be given those it has, and no more", async () => {
  const { address: inbox } = await t.seed.inbox();
  const labels = Array.from({ length: MAX_LABELS }, (_, n) => `l${n}`);
  const outgoing = { to: ["human@outside.test"], labels, idempotencyKey: null };
  const { messageId } = await t.run(t.rootToken, sendMessage, { inbox }, outgoing);
  const change = (label: string) => ({ messageId, addLabels: [label], removeLabels: [] });
  const kept = await t.run(t.rootToken, updateMessage, { inbox }, change("l0"));
  expect(kept.labels).toEqual(expect.arrayContaining(labels));
  expect(await t.refusal(t.rootToken, updateMessage, { inbox }, change("one-more"))).toMatchObject({
    code: "input.invalid",
    details: { path: ["addLabels"] },
  });
  const lost = { messageId, addLabels: [], removeLabels: ["l0"] };
  expect((await t.run(t.rootToken, updateMessage, { inbox }, lost)).labels).not.toContain("l0");
});
