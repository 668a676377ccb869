import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { attempt, deferred, deliveriesOf, peer, sender } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { deleteMessage, updateMessage } from "../../mail/messages/index.ts";
import { cancelDelivery, getDelivery, listDeliveries, retryDelivery } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("says how a delivery stands, to whoever reaches its inbox, as the list does", async () => {
  const { pod, inbox, send } = await sender(t);
  const messageId = await send("a@slow.test", "b@slow.test");
  const [queued] = await deliveriesOf(t, pod);
  const deliveryId = queued?.id ?? "";
  expect(await t.run(t.rootToken, getDelivery, {}, { deliveryId })).toEqual(queued);
  expect(queued).toMatchObject({ messageId, domain: "slow.test", state: "queued", attempts: 0 });
  await attempt(t, pod, peer(deferred));
  const [tried] = await deliveriesOf(t, pod);
  const { token } = await t.seed.key({ inbox });
  for (const [by, at] of [
    [t.rootToken, { pod }],
    [token, { inbox }],
  ] as const)
    expect(await t.run(by, getDelivery, at, { deliveryId: deliveryId.toUpperCase() })).toEqual(tried);
  expect(tried).toMatchObject({ state: "deferred", attempts: 1, replyCode: 450 });
});

it("of another pod or inbox, one that is not there and what is no id are the same not found", async () => {
  const { pod, send } = await sender(t);
  await send("a@theirs.test");
  const deliveryId = (await deliveriesOf(t, pod))[0]?.id ?? "";
  const { pod: own, token } = await t.seed.tenant();
  const absent = await t.refusal(token, getDelivery, {}, { deliveryId: crypto.randomUUID() });
  expect(absent.code).toBe("object.not_found");
  for (const named of [deliveryId, "nonsense"])
    expect(await t.refusal(token, getDelivery, {}, { deliveryId: named })).toEqual(absent);
  const { address: beside } = await t.seed.inbox(pod);
  for (const at of [{ pod: own }, { inbox: beside }])
    expect((await t.refusal(t.rootToken, getDelivery, at, { deliveryId })).code).toBe("object.not_found");
});

it("of a message in the trash is as if it were not there for a key that may not see it, and for good once that is deleted", async () => {
  const { pod, inbox, send } = await sender(t);
  const { token: narrow } = await t.seed.key({ inbox }, "message_read", "message_send");
  const { token: wide } = await t.seed.key({ inbox }, "message_read", "label_trash_read");
  const kept = await send("kept@slow.test");
  const messageId = await send("hidden@slow.test");
  const ofHidden = (await deliveriesOf(t, pod)).find((one) => one.messageId === messageId)?.id ?? "";
  const listed = async (by: string, size = 10) => {
    const first = await t.run(by, listDeliveries, { inbox }, { page: { ...firstPage, size } });
    const rest =
      first.next === null
        ? []
        : (await t.run(by, listDeliveries, { inbox }, { page: { ...firstPage, after: first.next } })).items;
    return [...first.items, ...rest].map((one) => one.messageId);
  };
  expect(await listed(narrow)).toEqual([messageId, kept]);
  const label = { addLabels: ["trash"], removeLabels: [] };
  await t.run(t.rootToken, updateMessage, { inbox }, { messageId, ...label });
  for (const size of [1, 10]) expect(await listed(narrow, size)).toEqual([kept]);
  expect(await listed(wide)).toEqual([messageId, kept]);
  const absent = await t.refusal(narrow, getDelivery, {}, { deliveryId: crypto.randomUUID() });
  for (const does of [getDelivery, retryDelivery, cancelDelivery])
    expect(await t.refusal(narrow, does, {}, { deliveryId: ofHidden })).toEqual(absent);
  expect((await t.run(wide, getDelivery, {}, { deliveryId: ofHidden })).id).toBe(ofHidden);
  await t.run(t.rootToken, deleteMessage, { inbox }, { messageId });
  expect(await listed(narrow), "nobody knows any more which labels it had").toEqual([kept]);
});
