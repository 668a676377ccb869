/** Mail from one inbox here to another, while one of the two is paused. */

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openLoopTurns } from "../../../../test/support/loop-turns.ts";
import { capture } from "../../../../test/support/outbound.ts";
import { haveWaitedFor } from "../../../../test/support/queued-copies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createIdSource } from "../../../lib/uuid.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_WAIT_FOR_INBOX_MS } from "../../limits.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { deleteInbox, pauseInbox, resumeInbox } from "../../tenancy/inboxes/index.ts";
import { pausePod, resumePod } from "../../tenancy/pods/index.ts";
import { createReceiver } from "../arrivals/index.ts";
import { sendMessage } from "../sends/index.ts";
import { deliverQueued } from "./deliver.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

let laterMs = 0;
const clock = { now: () => new Date(Date.now() + laterMs), monotonicMs: () => performance.now() };

/** Delivers what is queued in the pod, whenever it is due. */
async function deliver(podId = t.organizationId): Promise<void> {
  const { database, door } = t;
  await t.behind((tx) =>
    tx
      .within(systemScope)
      .updateTable("outbound_deliveries")
      .set({ next_attempt_at: new Date(0) })
      .execute(),
  );
  const receiver = createReceiver({
    turns: openLoopTurns(),
    ...{ database, clock, mimeCodec: inProcessCodec, limitsInForce: t.parts.lent.limitsInForce },
    newId: createIdSource(Date.now, randomBytes),
    mailHost: "mx.rookery.localhost",
  });
  const warn = (reason: string, error: unknown): never => {
    throw new Error(reason, { cause: error });
  };
  await deliverQueued({ door, database, receiver, clock, hostedDomain: "rookery.localhost", warn }, podId);
  await capture(t, podId);
}

const pause = (inbox: string) => t.run(t.rootToken, pauseInbox, { inbox }, undefined);
const resume = (inbox: string) => t.run(t.rootToken, resumeInbox, { inbox }, undefined);
const makeInbox = async (pod?: string): Promise<string> => (await t.seed.inbox(pod)).address;
const send = async (inbox: string, ...to: readonly string[]): Promise<string> =>
  (await t.run(t.rootToken, sendMessage, { inbox }, { to, text: "Hi", idempotencyKey: null })).messageId;
const holds = async (inbox: string, messageId: string): Promise<boolean> => {
  try {
    await t.run(t.rootToken, getMessage, { inbox }, { messageId });
    return true;
  } catch {
    return false;
  }
};

/** What became of each copy, by recipient here or domain elsewhere. */
async function copiesOf(messageId: string): Promise<Record<string, string>> {
  const rows = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("outbound_deliveries")
      .where("message_uuid", "=", messageId.slice(1, 37))
      .select(["recipient", "domain", "state"])
      .execute(),
  );
  return Object.fromEntries(rows.map(({ recipient, domain, state }) => [recipient ?? domain, state]));
}

const bounces = (messageId: string) =>
  t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("events")
      .where("message_uuid", "=", messageId.slice(1, 37))
      .where("type", "=", "message.bounced")
      .select("data")
      .execute(),
  );

it("mail for a paused inbox waits, goes to its other recipients at once, and arrives once when the inbox is resumed", async () => {
  const [from, paused, other] = [await makeInbox(), await makeInbox(), await makeInbox()];
  await pause(paused);
  const id = await send(from, paused, other, "human@outside.test");
  for (let round = 0; round < 2; round++) {
    await deliver();
    expect(await copiesOf(id)).toEqual({
      [paused]: "queued",
      [other]: "delivered",
      "outside.test": "captured",
    });
    expect([await holds(paused, id), await holds(other, id)]).toEqual([false, true]);
  }
  await resume(paused);
  await deliver();
  await deliver();
  expect((await copiesOf(id))[paused]).toBe("delivered");
  expect(await holds(paused, id)).toBe(true);
});

it("mail for an inbox that stays paused bounces after as long as other servers try, as not delivered in time", async () => {
  const [from, paused] = [await makeInbox(), await makeInbox()];
  await pause(paused);
  const id = await send(from, paused);
  // Not that of a process whose clock is ahead.
  laterMs = 400 * 86_400_000;
  await deliver();
  laterMs = 0;
  expect(await copiesOf(id)).toEqual({ [paused]: "queued" });
  await haveWaitedFor(t, MAX_WAIT_FOR_INBOX_MS + 60_000);
  await deliver();
  expect(await copiesOf(id)).toEqual({ [paused]: "bounced" });
  expect(await bounces(id)).toEqual([
    {
      data: { type: "Transient", subType: "General", recipients: [{ address: paused, status: "4.4.7" }] },
    },
  ]);
});

it("what a paused inbox had queued waits with it, and goes out when it is resumed", async () => {
  const pod = await t.seed.pod();
  const [from, to] = [await makeInbox(pod), await makeInbox()];
  const id = await send(from, to, from);
  await pause(from);
  await deliver(pod);
  expect(await copiesOf(id)).toEqual({ [to]: "queued", [from]: "queued" });
  await resume(from);
  await t.run(t.rootToken, pausePod, { pod }, undefined);
  await deliver(pod);
  expect(await holds(to, id)).toBe(false);
  await t.run(t.rootToken, resumePod, { pod }, undefined);
  await deliver(pod);
  expect(await copiesOf(id)).toEqual({ [to]: "delivered", [from]: "delivered" });
  expect(await holds(to, id)).toBe(true);
});

it("what a paused inbox had queued does not go out because the inbox is deleted", async () => {
  const [from, to] = [await makeInbox(), await makeInbox()];
  const id = await send(from, to, "human@outside.test");
  await pause(from);
  await deliver();
  await t.run(t.rootToken, deleteInbox, { inbox: from }, undefined);
  await deliver();
  expect(await copiesOf(id)).toEqual({ [to]: "bounced", "outside.test": "failed" });
  expect(await holds(to, id)).toBe(false);
});
