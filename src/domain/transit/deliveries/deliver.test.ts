import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openLoopTurns } from "../../../../test/support/loop-turns.ts";
import { capture } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { createIdSource } from "../../../lib/uuid.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import { sweepBlobsTask } from "../../../workers/sweep-blobs.ts";
import { systemScope } from "../../door/access/index.ts";
import { deleteMessage, type FullMessage, getMessage } from "../../mail/messages/index.ts";
import { deleteThread } from "../../mail/threads/index.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { createReceiver } from "../arrivals/index.ts";
import { sendMessage } from "../sends/index.ts";
import type { Sent } from "../sends/store-sent.ts";
import { deliverQueued } from "./deliver.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(async () => {
  await t.close();
});

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const send = (inbox: string, to: readonly string[]): Promise<Sent> =>
  t.run(t.rootToken, sendMessage, { inbox }, { to, text: "Hi", idempotencyKey: null });
const get = (inbox: string, { messageId }: Sent): Promise<FullMessage> =>
  t.run(t.rootToken, getMessage, { inbox }, { messageId });

/** Delivers what is queued, as the workers do. @returns whether there is more for inboxes here */
async function deliver(): Promise<boolean> {
  const newId = createIdSource(Date.now, randomBytes);
  const { database, door } = t;
  const { limitsInForce } = t.parts.lent;
  const clock = systemClock;
  const mailHost = "mx.rookery.localhost";
  const receiver = createReceiver({
    database,
    clock,
    newId,
    mailHost,
    mimeCodec: inProcessCodec,
    limitsInForce,
    turns: openLoopTurns(),
  });
  const warn = (reason: string, error: unknown): never => {
    throw new Error(reason, { cause: error });
  };
  const parts = { door, database, receiver, clock, hostedDomain: "rookery.localhost", warn };
  const hasMore = await deliverQueued(parts, t.organizationId);
  await capture(t, t.organizationId);
  return hasMore;
}

const copies = () =>
  t.behind((tx) => tx.within(systemScope).selectFrom("outbound_deliveries").select(["state"]).execute());

it.each([
  [
    "message",
    (inbox: string, { messageId }: Sent) => t.run(t.rootToken, deleteMessage, { inbox }, { messageId }),
  ],
  [
    "thread",
    (inbox: string, { threadId }: Sent) => t.run(t.rootToken, deleteThread, { inbox }, { threadId }),
  ],
  ["inbox", (inbox: string) => t.run(t.rootToken, deleteInbox, { inbox }, undefined)],
])(
  "what was accepted arrives though its sender deleted the %s at once, and leaves nothing behind",
  async (_what, remove) => {
    const [from, to] = [await makeInbox(), await makeInbox()];
    const sent = await send(from, [to, "human@outside.test"]);
    await remove(from, sent);
    // Old enough to be swept, as when the queue stood still.
    await t.behind((tx) =>
      tx
        .within(systemScope)
        .updateTable("blobs")
        .set({ created_at: new Date(0) })
        .execute(),
    );
    await sweepBlobsTask(t)({ podId: t.organizationId });
    await deliver();
    expect(await get(to, sent)).toMatchObject({ labels: ["received", "unread"], text: "Hi\n" });
    await sweepBlobsTask(t)({ podId: t.organizationId });
    expect(await copies()).toEqual([]);
  },
);

it("what an inbox sent to itself and deleted does not come back", async () => {
  const inbox = await makeInbox();
  const sent = await send(inbox, [inbox]);
  const { messageId } = sent;
  await t.run(t.rootToken, deleteMessage, { inbox }, { messageId });
  await deliver();
  const refusal = await t.refusal(t.rootToken, getMessage, { inbox }, { messageId });
  expect(refusal.code).toBe("object.not_found");
});

it("what became of a message is on record under the part of the system that saw to it", async () => {
  const [from, to] = [await makeInbox(), await makeInbox()];
  const sent = await send(from, [to, "human@outside.test"]);
  await deliver();
  const rows = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("audit")
      .where("target", "=", sent.messageId.slice(1, 37))
      .select(["operation", "actor", "key_id"])
      .execute(),
  );
  // Once with the commit that stored it, once for the copy that is kept here.
  expect(rows).toEqual(
    Array(2).fill({ operation: "delivery.settle", actor: "outbound delivery", key_id: null }),
  );
});

it("two that deliver the same copies at once store, count and record each once", async () => {
  const [from, to] = [await makeInbox(), await makeInbox()];
  const sent = await send(from, [to, "human@outside.test"]);
  expect(await Promise.all([deliver(), deliver()])).toEqual([false, false]);
  const messageUuid = sent.messageId.slice(1, 37);
  const rows = await t.behind(async (tx) => {
    const db = tx.within(systemScope);
    const events = db.selectFrom("events").where("message_uuid", "=", messageUuid).select("type");
    const audit = db.selectFrom("audit").where("target", "=", messageUuid).select("operation");
    return [await events.orderBy("type").execute(), await audit.execute()];
  });
  expect(rows).toEqual([
    [{ type: "message.delivered" }, { type: "message.labelled" }, { type: "message.sent" }],
    [{ operation: "delivery.settle" }, { operation: "delivery.settle" }],
  ]);
  expect(await get(from, sent)).toMatchObject({ labels: ["sent", "captured"] });
  expect(await get(to, sent)).toMatchObject({ labels: ["received", "unread"] });
});
