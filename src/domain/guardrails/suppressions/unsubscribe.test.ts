import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { deletePod } from "../../tenancy/pods/index.ts";
import { listSuppressions, openSubscription, unsubscribeToken } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

async function subscribed(recipient: string) {
  const pod = await t.seed.pod();
  const inbox = await t.seed.inbox(pod);
  const token = unsubscribeToken(t.sealer, { podId: pod, id: inbox.id }, recipient) ?? "";
  const suppressed = async () => {
    const page = { size: 10, after: null, ascending: true };
    const { items } = await t.run(t.rootToken, listSuppressions, { pod }, page);
    return items.map(({ address, cause }) => `${address} ${cause}`);
  };
  return { pod, inbox: inbox.address, token, suppressed };
}

it("a link ends the mail of its pod to its recipient, once, also when its inbox is gone; of no other pod", async () => {
  const [own, other] = [await subscribed("Ann@Outside.test"), await subscribed("ann@outside.test")];
  const { sender, recipient, end } = await openSubscription(t, own.token);
  expect({ sender, recipient }).toEqual({ sender: own.inbox, recipient: "ann@outside.test" });
  expect(await own.suppressed()).toEqual([]);
  await end();
  await end();
  expect(await own.suppressed()).toEqual(["ann@outside.test unsubscribe"]);
  expect(await other.suppressed()).toEqual([]);
  await t.run(t.rootToken, deleteInbox, { inbox: other.inbox }, undefined);
  const orphaned = await openSubscription(t, other.token);
  expect(orphaned.sender).toBeNull();
  await orphaned.end();
  expect(await other.suppressed()).toEqual(["ann@outside.test unsubscribe"]);
  await t.run(t.rootToken, deletePod, { pod: other.pod }, undefined);
  await (await openSubscription(t, other.token)).end();
});

it("a link that is cut short, changed, or sealed for something else is not found", async () => {
  const { pod, token } = await subscribed("ann@outside.test");
  const foreign = t.sealer.seal([pod, pod, "ann@outside.test"].join("\n"), "other").toString("base64url");
  const changed = `${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`;
  for (const wrong of ["", "x", token.slice(0, -4), changed, foreign, "x".repeat(2000)])
    await expect(openSubscription(t, wrong)).rejects.toMatchObject({ code: "object.not_found" });
});
