/** What bodies of events disclose: nothing that their receiver may not read. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { EventType } from "../../door/events.ts";
import { updateMessage } from "../../mail/messages/index.ts";
import {
  createWebhook,
  findDueDeliveries,
  type LoadedDelivery,
  loadDelivery,
  updateWebhook,
} from "./index.ts";

let t: TestDoor;
let arrive: ReturnType<typeof mailInto>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const hook = {
  url: "https://hooks.example.com/",
  eventTypes: ["message.received"] as readonly EventType[],
  podIds: [],
  inboxIds: [],
};
const unchanged = {
  eventTypes: [],
  ...{ addPodIds: [], removePodIds: [], addInboxIds: [], removeInboxIds: [] },
};

const label = (inbox: string, messageId: string, ...addLabels: string[]) =>
  t.run(t.rootToken, updateMessage, { inbox }, { messageId, addLabels, removeLabels: [] });

/** What is due in a pod, by endpoint, as the worker loads it. */
async function due(podId: string): Promise<ReadonlyMap<string, LoadedDelivery>> {
  const after = "00000000-0000-0000-0000-000000000000";
  const search = { podId, isFailing: false, except: [], exceptWebhooks: [], limit: 100, after };
  const loaded = new Map<string, LoadedDelivery>();
  for (const job of await findDueDeliveries(t.database, search, new Date())) {
    const one = await loadDelivery(t.database, job);
    if (one !== null) loaded.set(job.webhookId, one);
  }
  return loaded;
}

async function tenant(): Promise<{ readonly pod: string; readonly inbox: string }> {
  const pod = await t.seed.pod();
  return { pod, inbox: (await t.seed.inbox(pod)).address };
}

it("the thread of an event is without its messages that have a restricted label, but the one that the event's own message has", async () => {
  const { pod, inbox } = await tenant();
  await arrive(inbox, { id: "<hidden@x>", second: 1, subject: "Hidden", from: "hidden@outside.test" });
  await label(inbox, "<hidden@x>", "spam", "secret");
  const { id } = await t.run(t.rootToken, createWebhook, { inbox }, hook);
  await arrive(inbox, { id: "<open@x>", second: 2, subject: "Open", inReplyTo: "<hidden@x>" });
  const threadTold = async () => (await due(pod)).get(id)?.event.thread;
  expect(await threadTold()).toMatchObject({
    messageCount: 1,
    subject: "Open",
    senders: ["Human <human@outside.test>"],
    labels: expect.not.arrayContaining(["spam", "secret"]),
  });
  await label(inbox, "<open@x>", "spam");
  expect(await threadTold()).toMatchObject({ messageCount: 2, labels: expect.arrayContaining(["secret"]) });
});

it("an endpoint is told of nothing that the key which made it may not read by then", async () => {
  const { pod, inbox } = await tenant();
  const { token: blind } = await t.seed.key({ inbox }, "webhook_create", "message_read");
  const { token: sighted } = await t.seed.key(
    { inbox },
    "webhook_create",
    "message_read",
    "label_trash_read",
  );
  const [ofBlind, ofSighted] = [
    await t.run(blind, createWebhook, { inbox }, hook),
    await t.run(sighted, createWebhook, { inbox }, hook),
  ];
  await arrive(inbox, { id: "<kept@x>" });
  const told = async () => {
    const loaded = await due(pod);
    return [ofBlind, ofSighted].map(({ id }) => loaded.get(id)?.mayTell);
  };
  expect(await told()).toEqual([true, true]);
  await label(inbox, "<kept@x>", "trash");
  expect(await told()).toEqual([false, true]);
});

it("a key that names events lets the endpoint read what the key may, and takes nothing from it", async () => {
  const { pod, inbox } = await tenant();
  const { token: blind } = await t.seed.key({ inbox }, "webhook_create", "message_read");
  const { id } = await t.run(blind, createWebhook, { inbox }, hook);
  await arrive(inbox, { id: "<kept@x>" });
  await label(inbox, "<kept@x>", "trash");
  const mayTell = async () => (await due(pod)).get(id)?.mayTell;
  await t.run(t.rootToken, updateWebhook, { inbox }, { ...unchanged, id });
  expect(await mayTell()).toBe(false);
  await t.run(t.rootToken, updateWebhook, { inbox }, { ...unchanged, id, eventTypes: hook.eventTypes });
  expect(await mayTell()).toBe(true);
  const { token: renaming } = await t.seed.key({ inbox }, "webhook_update", "message_read");
  await t.run(renaming, updateWebhook, { inbox }, { ...unchanged, id, eventTypes: hook.eventTypes });
  expect(await mayTell()).toBe(true);
});
