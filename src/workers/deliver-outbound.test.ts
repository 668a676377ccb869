import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { openTestDoor, type TestDoor } from "../../test/support/test-door.ts";
import { createReceiver } from "../domain/transit/arrivals/index.ts";
import { systemClock } from "../lib/clock.ts";
import { createIdSource } from "../lib/uuid.ts";
import { inProcessCodec } from "../protocols/mime/index.ts";
import { createOutboundDelivery } from "./deliver-outbound.ts";

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

/** The jobs there are, which a worker would run; they are taken away. */
async function takeJobs(): Promise<Waiting[]> {
  const { rows } =
    await owner.query<Waiting>(`with taken as (delete from graphile_worker._private_jobs returning *)
    select k.identifier as task, q.queue_name as queue, taken.payload from taken
    join graphile_worker._private_tasks k on k.id = taken.task_id
    left join graphile_worker._private_job_queues q on q.id = taken.job_queue_id order by taken.id`);
  return rows;
}

/** A pod that has sent so many messages from one of its inboxes to the other. */
async function sender(count: number): Promise<{ podId: string; to: string; jobs: Waiting[] }> {
  const podId = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
  const makeInbox = async () =>
    String(
      (await t.call(t.rootToken, "pods.inboxes.create", { params: { pod_id: podId } })).body["inbox_id"],
    );
  const [inbox_id, to] = [await makeInbox(), await makeInbox()];
  for (let n = 0; n < count; n++)
    await t.call(t.rootToken, "inboxes.messages.send", { params: { inbox_id }, body: { to, text: `${n}` } });
  return { podId, to, jobs: await takeJobs() };
}

const arrived = async (inbox_id: string): Promise<unknown> =>
  (await t.call(t.rootToken, "inboxes.messages.list", { params: { inbox_id } })).body["count"];

it("what exceeds a pod's share of the slots goes to the busy lane, and the next pod's mail does not wait for it", async () => {
  const [flood, other] = [await sender(4), await sender(1)];
  const receiver = createReceiver({
    database: t.database,
    clock: systemClock,
    newId: createIdSource(Date.now, randomBytes),
    mailHost: "mx.rookery.localhost",
    mimeCodec: inProcessCodec,
  });
  const gate = Promise.withResolvers<void>();
  const held = {
    ...receiver,
    async receive(mail: Parameters<typeof receiver.receive>[0]) {
      if (mail.recipients.some(({ inbox }) => inbox.podId === flood.podId)) await gate.promise;
      return receiver.receive(mail);
    },
  };
  const delivery = createOutboundDelivery(
    {
      door: t.door,
      database: t.database,
      receiver: held,
      clock: systemClock,
      hostedDomain: "rookery.localhost",
    },
    4,
  );
  const running = flood.jobs.map(({ payload }) => delivery.fast(payload));
  const deferred: Waiting[] = [];
  await eventually("two of the four are left to the busy lane", async () => {
    deferred.push(...(await takeJobs()));
    return deferred.length >= 2;
  });
  expect(deferred.map(({ task, queue }) => [task, queue])).toEqual(
    Array(2).fill(["deliver_outbound_busy", `outbound:${flood.podId}`]),
  );
  for (const { payload } of other.jobs) await delivery.fast(payload);
  expect([await arrived(other.to), await arrived(flood.to)]).toEqual([1, 0]);
  gate.resolve();
  await Promise.all(running);
  for (const { payload } of deferred) await delivery.busy(payload);
  expect(await arrived(flood.to)).toBe(4);
});
