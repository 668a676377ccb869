import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import {
  accepted,
  attempt,
  capture,
  deferred,
  deliveriesOf,
  outboundOf,
  peer,
  refused,
  sender,
} from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createSuppression } from "../../guardrails/suppressions/index.ts";
import { cancelDelivery, retryDelivery } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const onlyDelivery = async (pod: string): Promise<string> => (await deliveriesOf(t, pod))[0]?.id ?? "";
/** Of the mail and not of the mailbox, which would be suppressed. */
const unwelcome = (address: string) => ({
  ...refused(address),
  enhancedCode: "5.7.1",
  fault: "policy" as const,
});
const retry = (deliveryId: string) => t.run(t.rootToken, retryDelivery, {}, { deliveryId });

it("what failed is tried anew, for the recipients that did, and what was sent is not", async () => {
  const { pod, send } = await sender(t);
  await send("a@mixed.test", "b@mixed.test");
  await attempt(
    t,
    pod,
    peer((address) => (address.startsWith("b") ? unwelcome(address) : accepted(address))),
  );
  const deliveryId = await onlyDelivery(pod);
  expect(await retry(deliveryId)).toMatchObject({ state: "queued", detail: null });
  const carrier = peer(accepted);
  await attempt(t, pod, carrier);
  expect(carrier.taken.map(({ recipients }) => recipients)).toEqual([["b@mixed.test"]]);
  expect(await t.refusal(t.rootToken, retryDelivery, {}, { deliveryId })).toMatchObject({
    ...{ code: "object.conflict", message: "It was sent already" },
    details: { hint: "Send the message again to have it go out once more." },
  });
});

it("what was cancelled is tried anew, and what waits for its next attempt at once", async () => {
  const { pod, send } = await sender(t);
  await send("a@again.test");
  const deliveryId = await onlyDelivery(pod);
  await t.run(t.rootToken, cancelDelivery, {}, { deliveryId });
  await retry(deliveryId);
  await attempt(t, pod, peer(deferred));
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "deferred" }]);
  const carrier = peer(accepted);
  const outbound = outboundOf(t, carrier);
  outbound.wake(pod);
  await outbound.stop();
  expect(carrier.taken).toEqual([]);
  await retry(deliveryId);
  const again = outboundOf(t, carrier);
  again.wake(pod);
  await eventually("it is sent", async () => carrier.taken.length === 1);
  await again.stop();
});

it("what was captured stays so, and whom a suppression keeps from mail meanwhile is not written to", async () => {
  const { pod, send } = await sender(t);
  await send("a@captured.test");
  await capture(t, pod);
  const deliveryId = await onlyDelivery(pod);
  expect((await t.refusal(t.rootToken, retryDelivery, {}, { deliveryId })).code).toBe("object.conflict");
  const other = await sender(t);
  await other.send("a@suppressed.test");
  const asked = { deliveryId: await onlyDelivery(other.pod) };
  await t.run(t.rootToken, cancelDelivery, {}, asked);
  await t.run(t.rootToken, createSuppression, { pod: other.pod }, { address: "a@suppressed.test" });
  expect((await t.refusal(t.rootToken, retryDelivery, {}, asked)).code).toBe("message.rejected");
  expect(await deliveriesOf(t, other.pod)).toMatchObject([{ state: "failed" }]);
});

it("another pod's is not found, as one that is not there", async () => {
  const [{ token }, { pod, send }] = [await t.seed.tenant(), await sender(t)];
  await send("a@theirs.test");
  const absent = await t.refusal(token, retryDelivery, {}, { deliveryId: crypto.randomUUID() });
  expect(absent.code).toBe("object.not_found");
  for (const deliveryId of [await onlyDelivery(pod), "nonsense"])
    expect(await t.refusal(token, retryDelivery, {}, { deliveryId })).toEqual(absent);
});
