import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Answer, openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { createIdSource } from "../../../lib/uuid.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import { sweepBlobsTask } from "../../../workers/sweep-blobs.ts";
import { systemScope } from "../../door/access/index.ts";
import { createReceiver } from "../arrivals/index.ts";
import { deliverOutbound } from "./deliver.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(async () => {
  await t.close();
});

const makeInbox = async (): Promise<string> =>
  String((await t.call(t.rootToken, "inboxes.create")).body["inbox_id"]);
const send = (inbox: string, to: readonly string[]): Promise<Answer> =>
  t.call(t.rootToken, "inboxes.messages.send", { params: { inbox_id: inbox }, body: { to, text: "Hi" } });
const get = (inbox: string, sent: Answer): Promise<Answer> =>
  t.call(t.rootToken, "inboxes.messages.get", {
    params: { inbox_id: inbox, message_id: String(sent.body["message_id"]) },
  });

/** Runs the job that a send queued. */
function deliver(sent: Answer): Promise<void> {
  const newId = createIdSource(Date.now, randomBytes);
  const { database } = t;
  const mailHost = "mx.rookery.localhost";
  const receiver = createReceiver({
    database,
    clock: systemClock,
    newId,
    mailHost,
    mimeCodec: inProcessCodec,
  });
  const messageUuid = String(sent.body["message_id"]).slice(1, 37);
  return deliverOutbound(
    { door: t.door, database, receiver, clock: systemClock, hostedDomain: "rookery.localhost" },
    { podId: t.organizationId, messageUuids: [messageUuid] },
  );
}

const copies = () =>
  t.behind((tx) => tx.within(systemScope).selectFrom("outbound_deliveries").select(["state"]).execute());

it.each([
  ["message", "inboxes.messages.delete", (sent: Answer) => ({ message_id: String(sent.body["message_id"]) })],
  ["thread", "inboxes.threads.delete", (sent: Answer) => ({ thread_id: String(sent.body["thread_id"]) })],
  ["inbox", "inboxes.delete", () => ({})],
])(
  "what was accepted arrives though its sender deleted the %s at once, and leaves nothing behind",
  async (_what, name, params) => {
    const [from, to] = [await makeInbox(), await makeInbox()];
    const sent = await send(from, [to, "human@outside.test"]);
    const deleted = await t.call(t.rootToken, name, { params: { inbox_id: from, ...params(sent) } });
    expect(deleted.status).toBeLessThan(300);
    // Old enough to be swept, as when the queue stood still.
    await t.behind((tx) =>
      tx
        .within(systemScope)
        .updateTable("blobs")
        .set({ created_at: new Date(0) })
        .execute(),
    );
    await sweepBlobsTask(t)({ podId: t.organizationId });
    await deliver(sent);
    expect((await get(to, sent)).body).toMatchObject({ labels: ["received", "unread"], text: "Hi\n" });
    await sweepBlobsTask(t)({ podId: t.organizationId });
    expect(await copies()).toEqual([]);
  },
);

it("what an inbox sent to itself and deleted does not come back", async () => {
  const inbox = await makeInbox();
  const sent = await send(inbox, [inbox]);
  const params = { inbox_id: inbox, message_id: String(sent.body["message_id"]) };
  await t.call(t.rootToken, "inboxes.messages.delete", { params });
  await deliver(sent);
  expect((await get(inbox, sent)).status).toBe(404);
});

it("what became of a message is on record under the part of the system that saw to it", async () => {
  const [from, to] = [await makeInbox(), await makeInbox()];
  const sent = await send(from, [to, "human@outside.test"]);
  await deliver(sent);
  const rows = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("audit")
      .where("target", "=", String(sent.body["message_id"]).slice(1, 37))
      .select(["operation", "actor", "key_id"])
      .execute(),
  );
  expect(rows).toEqual([{ operation: "delivery.settle", actor: "outbound delivery", key_id: null }]);
});
