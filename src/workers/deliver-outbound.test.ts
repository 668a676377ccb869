import { randomBytes, randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { allMessages } from "../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../test/support/test-door.ts";
import { systemScope } from "../domain/door/access/index.ts";
import { listMessages } from "../domain/mail/messages/index.ts";
import { createReceiver, type Receiver } from "../domain/transit/arrivals/index.ts";
import { sendMessage } from "../domain/transit/sends/index.ts";
import { systemClock } from "../lib/clock.ts";
import { createLog } from "../lib/log.ts";
import { createIdSource } from "../lib/uuid.ts";
import { inProcessCodec } from "../protocols/mime/index.ts";
import { startJobRunner } from "../storage/job-runner.ts";
import { createOutboundDelivery, type OutboundDelivery } from "./deliver-outbound.ts";

let t: TestDoor;
let owner: pg.Client;
beforeAll(async () => {
  t = await openTestDoor();
  owner = new pg.Client(t.engine.connection);
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await t.close();
});

interface Waiting {
  readonly task: string;
  readonly queue: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Takes the queued jobs, as a worker would. */
async function takeJobs(): Promise<Waiting[]> {
  const { rows } =
    await owner.query<Waiting>(`with taken as (delete from graphile_worker._private_jobs returning *)
    select k.identifier as task, q.queue_name as queue, taken.payload from taken
    join graphile_worker._private_tasks k on k.id = taken.task_id
    left join graphile_worker._private_job_queues q on q.id = taken.job_queue_id order by taken.id`);
  return rows;
}

const textsOf = (payload: Waiting["payload"]): Record<string, string> =>
  Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, String(value)]));

interface Sender {
  readonly podId: string;
  readonly to: string;
  readonly jobs: readonly Waiting[];
  /** One message more. */
  send(): Promise<unknown>;
}

/** A pod that has sent this many messages from one of its inboxes to the other. */
async function sender(count: number): Promise<Sender> {
  const podId = await t.seed.pod();
  const [{ address: inbox }, { address: to }] = [await t.seed.inbox(podId), await t.seed.inbox(podId)];
  const send = () =>
    t.run(t.rootToken, sendMessage, { inbox }, { to: [to], text: "Hi", idempotencyKey: null });
  for (let n = 0; n < count; n++) await send();
  return { podId, to, send, jobs: await takeJobs() };
}

/** Messages of a pod with queued copies, oldest first. */
const queuedIn = async (podId: string): Promise<string[]> =>
  t.behind(async (tx) =>
    (
      await tx
        .within(systemScope)
        .selectFrom("outbound_deliveries")
        .where("pod_id", "=", podId)
        .where("state", "=", "queued")
        .orderBy("message_uuid")
        .select("message_uuid")
        .execute()
    ).map((row) => row.message_uuid),
  );

const arrived = async (inbox: string): Promise<number> =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items.length;

interface Delivery extends OutboundDelivery {
  /** Jobs begun, by task. */
  readonly begun: { fast: number; backlog: number };
}

/** @param hold is waited for before a pod's mail is received */
function deliveryOf(places: number, hold: (podId: string) => Promise<unknown>): Delivery {
  const { door, database } = t;
  const receiver = createReceiver({
    database,
    clock: systemClock,
    newId: createIdSource(Date.now, randomBytes),
    mailHost: "mx.rookery.localhost",
    mimeCodec: inProcessCodec,
  });
  const held: Receiver = {
    ...receiver,
    async receive(mail) {
      await Promise.all(mail.recipients.map(({ inbox }) => hold(inbox.podId)));
      return receiver.receive(mail);
    },
  };
  const delivery = createOutboundDelivery(
    { door, database, receiver: held, clock: systemClock, hostedDomain: "rookery.localhost" },
    places,
  );
  const begun = { fast: 0, backlog: 0 };
  return {
    begun,
    async fast(payload) {
      begun.fast++;
      await delivery.fast(payload);
    },
    async backlog(payload) {
      begun.backlog++;
      await delivery.backlog(payload);
    },
  };
}

it("a pod at its fair share waits, and the next pod's mail does not wait for it", async () => {
  const [flood, other] = [await sender(4), await sender(1)];
  const gate = Promise.withResolvers<void>();
  const delivery = deliveryOf(4, async (podId) => podId === flood.podId && gate.promise);
  const running = flood.jobs.map(({ payload }) => delivery.fast(payload));
  // Two of the four have the pod's share; the others end at once.
  await Promise.all(running.slice(2));
  const left = await takeJobs();
  expect(left).toMatchObject([
    { task: "deliver_outbound_busy", queue: `outbound:${flood.podId}`, payload: { podId: flood.podId } },
  ]);
  for (const { payload } of other.jobs) await delivery.fast(payload);
  expect([await arrived(other.to), await arrived(flood.to)]).toEqual([1, 0]);
  const backlog = delivery.backlog(left[0]?.payload ?? {});
  gate.resolve();
  await Promise.all([...running, backlog]);
  expect(await arrived(flood.to)).toBe(4);
  expect(await takeJobs()).toEqual([]);
});

it("a message that cannot be delivered fails its pod's backlog job, after everything else was delivered", async () => {
  const { podId, to } = await sender(3);
  const [bad] = await queuedIn(podId);
  await owner.query("begin; set local role rookery_worker");
  await owner.query("update outbound_deliveries set raw_sha256 = '\\x00' where message_uuid = $1", [bad]);
  await owner.query("commit");
  const delivery = deliveryOf(4, async () => undefined);
  await expect(delivery.backlog({ podId })).rejects.toThrow("bytes of a queued message are missing");
  expect([await arrived(to), await queuedIn(podId)]).toEqual([2, [bad]]);
});

it("what is sent while a pod's backlog is delivered is left to that job, and is delivered by it", async () => {
  const first = await sender(1);
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const delivery = deliveryOf(4, async () => {
    entered.resolve();
    await gate.promise;
  });
  const backlog = delivery.backlog({ podId: first.podId });
  await entered.promise;
  await first.send();
  for (const { payload } of await takeJobs()) await delivery.fast(payload);
  expect(await arrived(first.to)).toBe(0);
  gate.resolve();
  await backlog;
  expect(await arrived(first.to)).toBe(2);
});

it("a burst from one inbox to another is delivered in a few jobs and without a poll", async () => {
  const { to, jobs } = await sender(48);
  const delivery = deliveryOf(4, async () => undefined);
  const lanes = [
    { concurrency: 4, tasks: { deliver_outbound: delivery.fast } },
    { concurrency: 2, hasQueues: true, tasks: { deliver_outbound_busy: delivery.backlog } },
  ];
  const runner = await startJobRunner(t.engine, lanes, {
    log: createLog("silent"),
    id: randomUUID(),
    now: new Date(),
    random: randomBytes,
    // Longer than the test may take: nothing happens because of a poll.
    pollMs: 3_600_000,
  });
  try {
    await t.behind((tx) =>
      tx.enqueue(jobs.map(({ payload }) => ({ task: "deliver_outbound", payload: textsOf(payload) }))),
    );
    await eventually("every mail", async () => (await arrived(to)) === 48);
  } finally {
    await runner.stop();
  }
  // Of 48 jobs some found the pod at its share and no backlog job at work: each left the rest to one job, not to a job per mail.
  expect(delivery.begun.backlog).toBeGreaterThan(0);
  expect(delivery.begun.backlog).toBeLessThan(10);
});
