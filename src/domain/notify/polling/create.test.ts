import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type CreatePollingWebhook, createPollingWebhook, listPollingWebhooks } from "./index.ts";
import { MAX_POLLING_WEBHOOKS } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const page = { size: 100, after: null, ascending: false };
const wanted = (changes: Partial<CreatePollingWebhook> = {}): CreatePollingWebhook => ({
  ...{ clientId: "worker", eventTypes: ["message.received"], podIds: [], inboxIds: [] },
  ...changes,
});

it("the same subscription again is the one that is there, with another token", async () => {
  const { pod, token } = await t.seed.tenant();
  const first = await t.run(token, createPollingWebhook, {}, wanted());
  const again = await t.run(t.rootToken, createPollingWebhook, { pod }, wanted());
  expect(again.webhook).toEqual({ ...first.webhook, updatedAt: again.webhook.updatedAt });
  expect(again.token).not.toBe(first.token);
  const { items } = await t.run(token, listPollingWebhooks, {}, page);
  expect(items).toEqual([again.webhook]);
});

it("a name that listens to something else is refused, whatever of it differs", async () => {
  const { pod, token } = await t.seed.tenant();
  const { address } = await t.seed.inbox(pod);
  await t.run(token, createPollingWebhook, {}, wanted());
  for (const changes of [
    { eventTypes: ["message.received", "message.sent"] as const },
    { eventTypes: ["message.sent"] as const },
    { inboxIds: [address] },
  ])
    expect(await t.refusal(token, createPollingWebhook, {}, wanted(changes))).toMatchObject({
      code: "object.conflict",
    });
});

it("the same name is another subscription in another pod, and names nothing outside its own", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.tenant()];
  const { address: foreign } = await t.seed.inbox(other.pod);
  const one = await t.run(own.token, createPollingWebhook, {}, wanted());
  const two = await t.run(other.token, createPollingWebhook, {}, wanted());
  expect(two.webhook.id).not.toBe(one.webhook.id);
  const asked = wanted({ clientId: "elsewhere", inboxIds: [foreign] });
  expect(await t.refusal(own.token, createPollingWebhook, {}, asked)).toMatchObject({
    code: "inbox.not_found",
  });
});

it("an owner has a bounded number of them, and one that is there is still given a new token", async () => {
  const { token } = await t.seed.tenant();
  for (let n = 0; n < MAX_POLLING_WEBHOOKS; n++)
    await t.run(token, createPollingWebhook, {}, wanted({ clientId: `worker-${n}` }));
  expect(await t.refusal(token, createPollingWebhook, {}, wanted())).toMatchObject({
    code: "limit.exceeded",
    details: { limit: { resource: "pollingWebhook", count: MAX_POLLING_WEBHOOKS } },
  });
  await t.run(token, createPollingWebhook, {}, wanted({ clientId: "worker-0" }));
});
