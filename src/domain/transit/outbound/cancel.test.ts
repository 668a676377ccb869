import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import {
  accepted,
  attempt,
  deliveriesOf,
  outboundEventsOf,
  outboundOf,
  peer,
  sender,
} from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { cancelDelivery } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const onlyDelivery = async (pod: string): Promise<string> => (await deliveriesOf(t, pod))[0]?.id ?? "";

it("a delivery that waits is cancelled, once, and is not sent; its sender is told", async () => {
  const { pod, send } = await sender(t);
  const id = await send("a@mind.test");
  const deliveryId = await onlyDelivery(pod);
  const at = [t.rootToken, cancelDelivery, { pod }, { deliveryId }] as const;
  expect(await t.run(...at)).toMatchObject({ state: "failed", detail: "cancelled before it was sent" });
  expect((await t.refusal(...at)).code).toBe("object.conflict");
  expect(await outboundEventsOf(t, id)).toEqual([
    {
      type: "message.rejected",
      data: { reason: "cancelled before it was sent", recipients: ["a@mind.test"] },
    },
  ]);
  const carrier = peer(accepted);
  await attempt(t, pod, carrier);
  expect(carrier.taken).toEqual([]);
});

it("one that is under way or was sent cannot be, and goes on", async () => {
  const { pod, send } = await sender(t);
  await send("a@going.test");
  const deliveryId = await onlyDelivery(pod);
  const cancel = () => t.refusal(t.rootToken, cancelDelivery, {}, { deliveryId });
  const gate = Promise.withResolvers<void>();
  const outbound = outboundOf(
    t,
    peer(async (address) => {
      await gate.promise;
      return accepted(address);
    }),
  );
  outbound.wake(pod);
  await eventually("it is being sent", async () => (await deliveriesOf(t, pod))[0]?.state === "sending");
  expect(await cancel()).toMatchObject({ code: "object.conflict", message: "An attempt is under way" });
  gate.resolve();
  await outbound.stop();
  expect(await cancel()).toMatchObject({
    ...{ code: "object.conflict", message: "It is sent already" },
    details: { hint: "Only what is queued or deferred can be cancelled." },
  });
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "sent", attempts: 1 }]);
});

it("another pod's is not found, as one that is not there, and waits on", async () => {
  const [{ token }, { pod, send }] = [await t.seed.tenant(), await sender(t)];
  await send("a@theirs.test");
  const absent = await t.refusal(token, cancelDelivery, {}, { deliveryId: crypto.randomUUID() });
  expect(absent.code).toBe("object.not_found");
  for (const deliveryId of [await onlyDelivery(pod), "nonsense"])
    expect(await t.refusal(token, cancelDelivery, {}, { deliveryId })).toEqual(absent);
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "queued" }]);
});
