/** Mail from a hosted inbox to hosted inboxes of its own and other pods, to itself, to an unknown address and to another server: what each side stores. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let worker: pg.Client;
beforeAll(async () => {
  app = await testApp();
  worker = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await worker.connect();
});
afterAll(async () => {
  await worker.end();
  await app.stop();
});

/** Addresses of inboxes in a pod of their own. */
async function makePod(...usernames: string[]): Promise<string[]> {
  const { podId } = await app.client().pods.create({});
  const made = usernames.map((username) => app.client().pods.inboxes.create(podId, { username }));
  return (await Promise.all(made)).map(({ inboxId }) => inboxId);
}

/** How each copy of a message ended, by recipient; null while one is on its way. */
async function outcomes(messageId: string): Promise<Record<string, string> | null> {
  const { rows } = await worker.query<{ recipient: string; state: string }>(
    `select coalesce(o.recipient, o.recipients[1]) as recipient, o.state from outbound_deliveries o
      join messages m on m.pod_id = o.pod_id and m.id = o.message_uuid where m.message_id = $1`,
    [messageId],
  );
  if (rows.some(({ state }) => state === "queued")) return null;
  return Object.fromEntries(rows.map(({ recipient, state }) => [recipient, state]));
}

async function eventsOf(messageId: string): Promise<string[]> {
  const { rows } = await worker.query<{ type: string }>(
    "select e.type from events e join messages m on m.pod_id = e.pod_id and m.id = e.message_uuid where m.message_id = $1",
    [messageId],
  );
  return rows.map(({ type }) => type).toSorted();
}

const raw = async (inbox: string, messageId: string): Promise<string> => {
  const { downloadUrl } = await app.client().inboxes.messages.getRaw(inbox, messageId);
  return (await fetch(downloadUrl)).text();
};

test("one mail becomes one message in each inbox, bounces and captures are labelled, and no copy shows blind recipients", async () => {
  const [sender = "", colleague = ""] = await makePod("sender", "colleague");
  const [customer = "", blind = ""] = await makePod("customer", "blind");
  const { messages } = app.client().inboxes;
  const { messageId } = await messages.send(sender, {
    to: [customer.toUpperCase(), "nobody@rookery.localhost", sender],
    cc: ['"colleague"@rookery.localhost', "customer+again@rookery.localhost"],
    bcc: [blind, "somebody@outside.test"],
    subject: "To many",
    text: "Hello",
  });
  const ended = await eventually("every copy", () => outcomes(messageId));
  expect(Object.values(ended).toSorted()).toEqual(["bounced", "captured", ...Array(5).fill("delivered")]);
  expect([ended["nobody@rookery.localhost"], ended["somebody@outside.test"]]).toEqual([
    "bounced",
    "captured",
  ]);

  for (const inbox of [colleague, customer, blind]) {
    const list = await messages.list(inbox);
    expect(list.messages.map((message) => [message.messageId, message.labels])).toEqual([
      [messageId, ["received", "unread"]],
    ]);
    const whole = await messages.get(inbox, messageId);
    expect(JSON.stringify([whole, await raw(inbox, messageId)])).not.toMatch(
      // As a header or a key: an id in hexadecimal may hold the letters.
      /outside\.test|bcc"?:/i,
    );
    expect(JSON.stringify(await raw(inbox, messageId)).includes(blind)).toBe(false);
  }
  // Its own copy is the one it sent.
  const own = (await messages.list(sender)).messages;
  expect(own.map((message) => [message.messageId, message.labels.toSorted()])).toEqual([
    [messageId, ["bounced", "captured", "sent"]],
  ]);
  expect(await eventsOf(messageId)).toEqual([
    "message.bounced",
    "message.delivered",
    // Of the sent one: bounced, and captured.
    "message.labelled",
    "message.labelled",
    ...Array(3).fill("message.received"),
    "message.sent",
  ]);
});

test("answers go to and fro in one thread on each side", async () => {
  const [ann = ""] = await makePod("ann");
  const [ben = ""] = await makePod("ben");
  const { messages } = app.client().inboxes;
  let last = (await messages.send(ann, { to: ben, subject: "Ping", text: "1" })).messageId;
  for (const [from, text] of [
    [ben, "2"],
    [ann, "3"],
    [ben, "4"],
  ] as const) {
    await eventually("the mail before", async () =>
      (await messages.list(from)).messages.some(({ messageId }) => messageId === last),
    );
    last = (await messages.reply(from, last, { text })).messageId;
  }
  for (const inbox of [ann, ben]) {
    await eventually("the last mail", async () => (await messages.list(inbox)).count === 4);
    const { threads } = await app.client().inboxes.threads.list(inbox);
    expect(threads.map((thread) => [thread.messageCount, thread.lastMessageId])).toEqual([[4, last]]);
  }
});

test("a copy for an inbox that is deleted at that moment bounces, and the others have theirs", async () => {
  const [from = "", leaving = "", staying = ""] = await makePod("from", "leaving", "staying");
  // Deleted, yet to be seen until the commit: the delivery finds it, and waits for what becomes of it.
  await worker.query("begin");
  await worker.query("delete from inboxes where address = $1", [leaving]);
  const { messageId } = await app.client().inboxes.messages.send(from, { to: [leaving, staying], text: "x" });
  await eventually("the delivery", async () =>
    (await lockWaits(worker)).some(({ locktype }) => locktype === "transactionid"),
  );
  await worker.query("commit");
  expect(await eventually("every copy", () => outcomes(messageId))).toEqual({
    [leaving]: "bounced",
    [staying]: "delivered",
  });
  expect((await app.client().inboxes.messages.list(staying)).count).toBe(1);
});
