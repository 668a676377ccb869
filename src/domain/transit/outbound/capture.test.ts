import { afterAll, beforeAll, expect, it } from "vitest";
import { deliveriesOf, sender } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemActor } from "../../door/access/index.ts";
import { deleteInbox, pauseInbox } from "../../tenancy/inboxes/index.ts";
import { captureOutbound } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

async function capture(pod: string) {
  const actor = await systemActor(t.database, "test", { podId: pod });
  if (actor === null) throw new Error("the pod is gone");
  return t.run(actor, captureOutbound, {}, { podId: pod });
}

it("everything that is due of a pod is settled at once, and nothing of another", async () => {
  const [own, other] = [await sender(t), await sender(t)];
  await own.send("a@one.test", "b@two.test");
  await other.send("c@three.test");
  expect(await capture(own.pod)).toEqual({ states: ["captured", "captured"], hasMore: false });
  expect(await capture(own.pod)).toEqual({ states: [], hasMore: false });
  expect(await deliveriesOf(t, own.pod)).toMatchObject([{ state: "captured" }, { state: "captured" }]);
  expect(await deliveriesOf(t, other.pod)).toMatchObject([{ state: "queued" }]);
});

it("what a paused sender has queued waits, and is not captured when it was deleted so", async () => {
  const { pod, inbox, send } = await sender(t);
  await send("a@one.test");
  await t.run(t.rootToken, pauseInbox, { inbox }, undefined);
  expect((await capture(pod)).states).toEqual([]);
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "queued", detail: "the sender is paused" }]);
  await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  const states: string[] = [...(await capture(pod)).states];
  expect(states).not.toContain("captured");
});
