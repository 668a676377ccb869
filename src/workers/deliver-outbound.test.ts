import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { allMessages } from "../../test/support/lists.ts";
import { openLoopTurns } from "../../test/support/loop-turns.ts";
import { openTestDoor, type TestDoor } from "../../test/support/test-door.ts";
import { systemScope } from "../domain/door/access/index.ts";
import { listMessages } from "../domain/mail/messages/index.ts";
import { createReceiver, type Receiver } from "../domain/transit/arrivals/index.ts";
import { MAX_DELIVERY_BATCH } from "../domain/transit/deliveries/limits.ts";
import { sendMessage } from "../domain/transit/sends/index.ts";
import { systemClock } from "../lib/clock.ts";
import type { LoopTurns } from "../lib/loop-turns.ts";
import type { TurnTaking } from "../lib/turn-taking.ts";
import { createIdSource } from "../lib/uuid.ts";
import { inProcessCodec } from "../protocols/mime/index.ts";
import type { Database } from "../storage/db.ts";
import { openProcessLocks, type ProcessLocks } from "../storage/process-locks.ts";
import { createOutboundDelivery } from "./deliver-outbound.ts";

let t: TestDoor;
let locks: ProcessLocks;
beforeAll(async () => {
  t = await openTestDoor();
  locks = openProcessLocks(t.engine, 1);
});
afterAll(async () => {
  await locks.close();
  await t.close();
});

interface Sender {
  readonly podId: string;
  readonly to: string;
  /** Sends so many more. */
  send(count: number): Promise<void>;
}

/** A pod that has sent this many messages from one of its inboxes to the other. */
async function sender(count: number): Promise<Sender> {
  const podId = await t.seed.pod();
  const [{ address: inbox }, { address: to }] = [await t.seed.inbox(podId), await t.seed.inbox(podId)];
  const send = async (more: number): Promise<void> => {
    for (let n = 0; n < more; n++)
      await t.run(t.rootToken, sendMessage, { inbox }, { to: [to], text: "Hi", idempotencyKey: null });
  };
  await send(count);
  return { podId, to, send };
}

/** Messages of a pod with queued copies, oldest first, and whether each is due. */
const queuedIn = async (podId: string): Promise<{ uuid: string; isDue: boolean }[]> =>
  t.behind(async (tx) => {
    const { rows } = await sql<{ uuid: string; isDue: boolean }>`
      select message_uuid as uuid, next_attempt_at <= now() as "isDue" from outbound_deliveries
      where pod_id = ${podId} and state = 'queued' order by message_uuid`.execute(tx.within(systemScope));
    return rows;
  });

const arrived = async (inbox: string): Promise<number> =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items.length;

interface Delivery extends TurnTaking {
  /** Pods whose mail was received, in the order in which that began. */
  readonly received: string[];
  readonly failures: unknown[];
  /** Transactions of the receiver. */
  readonly commits: () => number;
}

/** @param hold is waited for before a pod's mail is received */
function deliveryOf(
  places: number,
  hold: (podId: string) => unknown = () => undefined,
  turns: LoopTurns = openLoopTurns(),
): Delivery {
  const { door } = t;
  let commits = 0;
  const database: Database = {
    ...t.database,
    transaction(scope, work) {
      commits++;
      return t.database.transaction(scope, work);
    },
  };
  const parts = {
    clock: systemClock,
    newId: createIdSource(Date.now, randomBytes),
    mimeCodec: inProcessCodec,
    limitsInForce: t.parts.lent.limitsInForce,
    turns,
  };
  const receiver = createReceiver({ ...parts, database, mailHost: "mx.rookery.localhost" });
  const received: string[] = [];
  const failures: unknown[] = [];
  const held: Receiver = {
    ...receiver,
    async receive(mail) {
      const podId = mail.sent?.podId ?? "";
      received.push(podId);
      await hold(podId);
      return receiver.receive(mail);
    },
  };
  const delivery = createOutboundDelivery(
    {
      ...{ door, database: t.database, receiver: held, clock: systemClock, locks, turns },
      hostedDomain: "rookery.localhost",
      warn: (_reason, error) => failures.push(error),
    },
    places,
  );
  return { ...delivery, received, failures, commits: () => commits };
}

it("beside other tenants as well, what a pod sent is committed together, though it is ahead of its pace", async () => {
  const { podId, to } = await sender(40);
  const turns = openLoopTurns();
  const neighbour = setInterval(() => void turns.during("neighbour", async () => undefined), 10);
  try {
    await turns.during("neighbour", async () => undefined);
    turns.charge(podId, 200);
    const delivery = deliveryOf(1, undefined, turns);
    delivery.wake(podId);
    await eventually("every mail", async () => (await queuedIn(podId)).length === 0);
    await delivery.stop();
    expect(await arrived(to)).toBe(40);
    expect(delivery.commits()).toBeLessThan(10);
    expect(delivery.failures).toEqual([]);
  } finally {
    clearInterval(neighbour);
  }
});

it("a pod with more than a group commit takes goes behind the next pod", async () => {
  const [flood, other] = [await sender(MAX_DELIVERY_BATCH + 2), await sender(1)];
  const delivery = deliveryOf(1);
  delivery.wake(flood.podId);
  delivery.wake(other.podId);
  await eventually("every mail", async () => (await queuedIn(flood.podId)).length === 0);
  await delivery.stop();
  const turns = delivery.received.filter((podId, index) => podId !== delivery.received[index - 1]);
  expect(turns).toEqual([flood.podId, other.podId, flood.podId]);
  expect([await arrived(flood.to), await arrived(other.to)]).toEqual([MAX_DELIVERY_BATCH + 2, 1]);
  // Not one for each mail: what is received at once is committed together.
  expect(delivery.commits()).toBeLessThan(10);
  expect(delivery.failures).toEqual([]);
});

it("a pod whose delivery is held up holds up no other's", async () => {
  const [stuck, other] = [await sender(3), await sender(1)];
  const gate = Promise.withResolvers<void>();
  const delivery = deliveryOf(2, (podId) => (podId === stuck.podId ? gate.promise : undefined));
  delivery.wake(stuck.podId);
  delivery.wake(other.podId);
  await eventually("the other's mail", async () => (await arrived(other.to)) === 1);
  expect(await arrived(stuck.to)).toBe(0);
  gate.resolve();
  await eventually("the rest", async () => (await arrived(stuck.to)) === 3);
  await delivery.stop();
});

it("a message that cannot be delivered is put off, alone", async () => {
  const { podId, to } = await sender(3);
  const [bad] = await queuedIn(podId);
  await t.behind((tx) =>
    sql`update outbound_deliveries set raw_sha256 = '\\x00' where message_uuid = ${bad?.uuid}`.execute(
      tx.within(systemScope),
    ),
  );
  const delivery = deliveryOf(1);
  delivery.wake(podId);
  await eventually("the failure", async () => (await queuedIn(podId))[0]?.isDue === false);
  await delivery.stop();
  expect([await arrived(to), await queuedIn(podId)]).toEqual([2, [{ uuid: bad?.uuid, isDue: false }]]);
  expect(delivery.failures).toEqual([new Error("the bytes of a queued message are missing")]);
});

it("what is sent while a pod's copies are delivered is delivered after them", async () => {
  const first = await sender(1);
  const gate = Promise.withResolvers<void>();
  const delivery = deliveryOf(4, () => gate.promise);
  delivery.wake(first.podId);
  await eventually("the turn", async () => delivery.received.length === 1);
  await first.send(1);
  delivery.wake(first.podId);
  expect(delivery.received).toHaveLength(1);
  gate.resolve();
  await eventually("both", async () => (await arrived(first.to)) === 2);
  await delivery.stop();
});

it("a pod that another process delivers is left to it", async () => {
  const { podId, to } = await sender(2);
  const others = openProcessLocks(t.engine, 1);
  expect(await others.tryLock(podId)).toBe(true);
  const delivery = deliveryOf(1);
  delivery.wake(podId);
  await delivery.stop();
  expect([delivery.received, await arrived(to)]).toEqual([[], 0]);
  await others.close();
});
