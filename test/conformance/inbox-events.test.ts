/** The official `agentmail` client against a whole server: the log of an inbox's labels. */
import { type AgentMail, type AgentMailClient, AgentMailError } from "agentmail";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let client: AgentMailClient;
let writer: string;
beforeAll(async () => {
  app = await testApp();
  client = app.client();
  writer = (await client.inboxes.create({ username: "writer" })).inboxId;
});
afterAll(() => app.stop());

const summary = ({ eventType, label }: AgentMail.InboxEvent): string => `${eventType} ${label}`;

/** A new inbox with a message, from here. */
async function inboxWithMail(): Promise<{ readonly inbox: string; readonly messageId: string }> {
  const inbox = (await client.inboxes.create({})).inboxId;
  await client.inboxes.messages.send(writer, { to: [inbox], subject: "Hello" });
  const { messageId } = await eventually(
    "the mail",
    async () => (await client.inboxes.messages.list(inbox)).messages[0],
  );
  return { inbox, messageId };
}

test("a new inbox has none, and an unknown inbox is not found", async () => {
  const inbox = (await client.inboxes.create({})).inboxId;
  expect(await client.inboxes.events.list(inbox)).toMatchObject({ count: 0, events: [] });
  const missing = client.inboxes.events.list("nobody@rookery.localhost");
  await expect(missing).rejects.toBeInstanceOf(AgentMailError);
  await expect(missing).rejects.toMatchObject({ statusCode: 404, body: { name: "NotFoundError" } });
});

test("labels that a message came with, and every change since, are told of newest first, page by page", async () => {
  const { inbox, messageId } = await inboxWithMail();
  await client.inboxes.messages.update(inbox, messageId, {
    addLabels: ["urgent", "later"],
    removeLabels: ["unread"],
  });
  await client.inboxes.messages.update(inbox, messageId, { addLabels: ["urgent"] });
  const { events } = await client.inboxes.events.list(inbox, { ascending: true });
  expect(events.map(summary)).toEqual([
    ...["label.added received", "label.added unread"].toSorted(),
    ...["label.added urgent", "label.added later"],
    "label.removed unread",
  ]);
  expect(events[0]).toMatchObject({
    inboxId: inbox,
    messageId,
    eventAt: expect.any(Date),
    createdAt: expect.any(Date),
  });
  const ids = events.map(({ eventId }) => eventId);
  expect(ids).toEqual(ids.toSorted());
  const first = await client.inboxes.events.list(inbox, { limit: 2 });
  const second = await client.inboxes.events.list(inbox, { limit: 10, pageToken: first.nextPageToken ?? "" });
  expect([...first.events, ...second.events].map(({ eventId }) => eventId)).toEqual(ids.toReversed());
  expect(second.nextPageToken).toBeUndefined();
});

test("what a key may not see it is not told of, and of a deleted message nobody is", async () => {
  const { inbox, messageId } = await inboxWithMail();
  await client.inboxes.messages.update(inbox, messageId, { addLabels: ["trash"] });
  const key = await client.inboxes.apiKeys.create(inbox, {
    name: "blind",
    permissions: { messageRead: true },
  });
  if (!("apiKey" in key)) throw new Error("not a bearer key");
  expect((await app.client(key.apiKey).inboxes.events.list(inbox)).events).toEqual([]);
  const seen = (await client.inboxes.events.list(inbox)).events.map(summary);
  expect(seen).toContain("label.added trash");
  await client.inboxes.messages.update(inbox, messageId, { removeLabels: ["trash"] });
  const again = (await app.client(key.apiKey).inboxes.events.list(inbox)).events.map(summary);
  expect(again).toContain("label.added received");
  expect(again.join()).not.toContain("trash");
  await app.request("DELETE", `/v0/inboxes/${inbox}/messages/${encodeURIComponent(messageId)}`);
  expect((await client.inboxes.events.list(inbox)).events).toEqual([]);
});
