/** Mail from one inbox here to others, of which some do not take it. */

import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allMessages } from "../../../../test/support/lists.ts";
import { openLoopTurns } from "../../../../test/support/loop-turns.ts";
import { limit } from "../../../../test/support/policies.ts";
import { haveWaitedFor } from "../../../../test/support/queued-copies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createIdSource } from "../../../lib/uuid.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import { systemScope } from "../../door/access/index.ts";
import { type SetLimits, updatePolicy } from "../../guardrails/policies/index.ts";
import { MAX_WAIT_FOR_INBOX_MS } from "../../limits.ts";
import { listMessages } from "../../mail/messages/index.ts";
import { suspendPod, unsuspendPod } from "../../tenancy/pods/index.ts";
import { createReceiver } from "../arrivals/index.ts";
import { sendMessage } from "../sends/index.ts";
import { deliverQueued } from "./deliver.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** Delivers what is queued in a pod, the Default Pod without one, whenever it is due. */
async function deliver(pod = t.organizationId): Promise<void> {
  const clock = { now: () => new Date(), monotonicMs: () => 0 };
  const { database, door } = t;
  await t.behind((tx) =>
    sql`update outbound_deliveries set next_attempt_at = to_timestamp(0)`.execute(tx.within(systemScope)),
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
  const parts = { door, database, receiver, clock, hostedDomain: "rookery.localhost", warn };
  await deliverQueued(parts, pod);
}

async function limited(limits: Partial<SetLimits>) {
  const pod = await t.seed.pod();
  return { policy: await limit(t, pod, limits), address: (await t.seed.inbox(pod)).address };
}

async function send(to: readonly string[]): Promise<string> {
  const { address: inbox } = await t.seed.inbox();
  const file = { filename: "a.txt", contentType: "text/plain", content: "YQ==" };
  const input = { to, text: "Hi", attachments: [file], idempotencyKey: null };
  const { messageId } = await t.run(t.rootToken, sendMessage, { inbox }, input);
  return messageId;
}

async function copiesOf(messageId: string): Promise<Record<string, string>> {
  const { rows } = await t.behind((tx) =>
    sql<{ recipient: string; state: string; detail: string | null }>`
      select recipient, state, detail from outbound_deliveries where message_uuid = ${messageId.slice(1, 37)}::uuid`.execute(
      tx.within(systemScope),
    ),
  );
  return Object.fromEntries(
    rows.map(({ recipient, state, detail }) => [
      recipient,
      state === "bounced" ? `bounced ${detail?.slice(0, 9)}` : state,
    ]),
  );
}

const countIn = async (inbox: string): Promise<number> =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items.length;

it("a copy for an inbox that is over its limit or full waits, while others are delivered, and is taken when there is room", async () => {
  const over = await limited({ receivedPerDay: 0 });
  const full = await limited({ storageBytes: 0 });
  const { address: other } = await t.seed.inbox();
  const id = await send([over.address, full.address, other]);
  // Found when it is stored, and then at each look.
  for (let round = 0; round < 3; round++) await deliver();
  expect(await copiesOf(id)).toEqual({
    [over.address]: "queued",
    [full.address]: "queued",
    [other]: "delivered",
  });
  expect(await countIn(other)).toBe(1);
  await t.run(t.rootToken, updatePolicy, {}, { id: over.policy, limits: { receivedPerDay: 1 } });
  await t.run(t.rootToken, updatePolicy, {}, { id: full.policy, limits: { storageBytes: -1 } });
  await deliver();
  expect(await copiesOf(id)).toEqual({
    [over.address]: "delivered",
    [full.address]: "delivered",
    [other]: "delivered",
  });
  expect([await countIn(over.address), await countIn(full.address), await countIn(other)]).toEqual([1, 1, 1]);
});

it("a copy for an inbox of a suspended pod bounces at once; one that a suspended inbox sent waits until that ends", async () => {
  const pod = await t.seed.pod();
  const { address: dead } = await t.seed.inbox(pod);
  const { address: other } = await t.seed.inbox();
  await t.run(t.rootToken, suspendPod, { pod }, {});
  const id = await send([dead, other]);
  await deliver();
  expect(await copiesOf(id)).toEqual({ [dead]: "bounced 550 5.2.1", [other]: "delivered" });
  const from = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(from);
  const input = { to: [other], text: "Hi", idempotencyKey: null };
  const { messageId } = await t.run(t.rootToken, sendMessage, { inbox }, input);
  await t.run(t.rootToken, suspendPod, { pod: from }, {});
  await deliver(from);
  expect(await copiesOf(messageId)).toEqual({ [other]: "queued" });
  await t.run(t.rootToken, unsuspendPod, { pod: from }, undefined);
  await deliver(from);
  expect(await copiesOf(messageId)).toEqual({ [other]: "delivered" });
});

it("a copy that waits for as long as other servers try bounces", async () => {
  const over = await limited({ receivedPerDay: 0 });
  const full = await limited({ storageBytes: 0 });
  const id = await send([over.address, full.address]);
  for (let round = 0; round < 2; round++) await deliver();
  await haveWaitedFor(t, MAX_WAIT_FOR_INBOX_MS + 60_000);
  await deliver();
  expect(await copiesOf(id)).toEqual({
    [over.address]: "bounced 452 4.7.1",
    [full.address]: "bounced 452 4.2.2",
  });
});

it("a copy for an inbox that does not take what it is bounces at once, alone, and tells why", async () => {
  const small = await limited({ messageBytes: 10 });
  const textless = await limited({ attachmentTypes: ["image/*"] });
  const { address: other } = await t.seed.inbox();
  const id = await send([small.address, textless.address, other]);
  await deliver();
  expect(await copiesOf(id)).toEqual({
    [small.address]: "bounced 552 5.3.4",
    [textless.address]: "bounced 552 5.6.1",
    [other]: "delivered",
  });
  expect([await countIn(small.address), await countIn(textless.address), await countIn(other)]).toEqual([
    0, 0, 1,
  ]);
  const { rows } = await t.behind((tx) =>
    sql<{ sub: string }>`select data ->> 'subType' as sub from events where type = 'message.bounced'
      and message_uuid = ${id.slice(1, 37)}::uuid order by 1`.execute(tx.within(systemScope)),
  );
  expect(rows.map(({ sub }) => sub)).toEqual(["AttachmentRejected", "MessageTooLarge"]);
});
