import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sql } from "kysely";
import pg from "pg";
import { Webhook } from "svix";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../test/support/test-door.ts";
import { insertEvents, systemScope } from "../domain/door/access/index.ts";
import { WEBHOOK_RETRY_SECONDS } from "../domain/limits.ts";
import { deleteMessage } from "../domain/mail/messages/index.ts";
import {
  type CreateWebhook,
  createWebhook,
  deleteWebhook,
  getWebhook,
} from "../domain/notify/webhooks/index.ts";
import { type Outgoing, sendMessage } from "../domain/transit/sends/index.ts";
import { createWebhookClient, type WebhookClient } from "../egress/http/webhook-client.ts";
import { v0Webhooks } from "../transport/http/v0/event-payload.ts";
import { createWebhookDelivery } from "./deliver-webhook.ts";
import { MAX_WEBHOOK_BODY_BYTES } from "./limits.ts";

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}
interface QueuedJob {
  readonly task: string;
  readonly queue: string;
  readonly payload: Record<string, unknown>;
  /** By PostgreSQL's clock. */
  readonly delayMs: number;
}

let t: TestDoor;
let owner: pg.Client;
let receiver: Server;
let client: WebhookClient;
let received: Received[];
let answer: (response: ServerResponse) => unknown;
let at: Date;
let inbox: string;

const clock = { now: () => at, monotonicMs: () => performance.now() };
const laterBy = (ms: number): void => {
  at = new Date(at.getTime() + ms);
};
const textHeaders = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));

beforeAll(async () => {
  t = await openTestDoor();
  owner = new pg.Client(t.engine.connection);
  await owner.connect();
  client = createWebhookClient({
    allowPrivate: true,
    resolve: async () => ["127.0.0.1"],
    userAgent: "Rookery-Webhooks/test",
    now: clock.monotonicMs,
  });
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: textHeaders(request), body: Buffer.concat(chunks).toString() });
    await answer(response);
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  client.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await owner.end();
  await t.close();
});

beforeEach(async () => {
  received = [];
  at = new Date();
  answer = (response) => response.writeHead(204).end();
  inbox = (await t.seed.inbox()).address;
});
afterEach(() => owner.query("delete from graphile_worker._private_jobs"));

const run = (lane: "fast" | "slow", job: QueuedJob): Promise<void> =>
  createWebhookDelivery(
    {
      database: t.database,
      clock,
      sealer: t.sealer,
      client,
      newId: t.parts.lent.newId,
      random: (n) => new Uint8Array(n).fill(90),
      format: v0Webhooks,
      warn: () => undefined,
    },
    4,
  )[lane](job.payload);

/** Takes the delivery jobs out of the queue, as a worker that has finished them does. */
async function takeJobs(): Promise<QueuedJob[]> {
  const { rows } = await owner.query(`with taken as (delete from graphile_worker._private_jobs returning *)
    select t.identifier as task, q.queue_name as queue, j.payload, 
      extract(epoch from j.run_at - j.created_at)::float8 * 1000 as "delayMs" from taken j
    join graphile_worker._private_tasks t on t.id = j.task_id
    left join graphile_worker._private_job_queues q on q.id = j.job_queue_id
    where t.identifier like 'deliver_webhook%' order by j.id`);
  return rows;
}
async function takeJob(): Promise<QueuedJob> {
  const [job, ...more] = await takeJobs();
  if (job === undefined || more.length > 0) throw new Error(`${more.length + (job ? 1 : 0)} jobs, not one`);
  return job;
}

async function hook(more: Partial<CreateWebhook> = {}): Promise<{ id: string; secret: string }> {
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in`;
  const input = { url, eventTypes: ["message.sent"] as const, podIds: [], inboxIds: [], ...more };
  return t.run(t.rootToken, createWebhook, { inbox }, input);
}
async function send(more: Partial<Outgoing> = {}): Promise<string> {
  const mail = { to: ["x@outside.test"], subject: "Hello", text: "Hi", idempotencyKey: null, ...more };
  return (await t.run(t.rootToken, sendMessage, { inbox }, mail)).messageId;
}
const enabled = async (id: string): Promise<boolean> =>
  (await t.run(t.rootToken, getWebhook, {}, { id })).enabled;

/** State of the job's delivery, its endpoint's health and the attempts listed. */
async function stateOf({ payload }: QueuedJob) {
  return t.behind(async (tx) => {
    const db = tx.within(systemScope);
    const of = <Table extends "webhook_deliveries" | "webhook_attempts">(table: Table) =>
      db
        .selectFrom<"webhook_deliveries" | "webhook_attempts">(table)
        .where("event_id", "=", String(payload["eventId"]))
        .where("webhook_id", "=", String(payload["webhookId"]));
    const delivery = await of("webhook_deliveries").select(["state"]).executeTakeFirst();
    const attempts = await db
      .selectFrom("webhook_attempts")
      .where("event_id", "=", String(payload["eventId"]))
      .where("webhook_id", "=", String(payload["webhookId"]))
      .orderBy("attempt")
      .select(["attempt", "status", "outcome", "detail"])
      .execute();
    const webhook = await db
      .selectFrom("webhooks")
      .where("id", "=", String(payload["webhookId"]))
      .select("failing_since")
      .executeTakeFirst();
    return {
      state: delivery?.state ?? null,
      attempts: attempts.map((one) => one.status ?? one.outcome),
      details: attempts.map((one) => one.detail),
      failing: webhook?.failing_since ?? null,
    };
  });
}

describe("a delivery", () => {
  it("is signed so that the receiver can verify it, and after a 500 comes again under the same id with a new timestamp", async () => {
    const { secret } = await hook({ headers: { Authorization: "Bearer theirs", "X-Twice": "é" } });
    const messageId = await send();
    const first = await takeJob();
    answer = (response) => response.writeHead(500).end("try later");
    await run("fast", first);
    const second = await takeJob();
    expect([first.task, second.task, second.queue]).toEqual([
      "deliver_webhook",
      "deliver_webhook_slow",
      expect.stringMatching(/^webhook:[0-9a-f-]{36}:[01]$/),
    ]);
    expect(await stateOf(first)).toEqual({
      state: "pending",
      attempts: [500],
      details: ["try later"],
      failing: at,
    });

    // The worker was killed before its job was marked as done, and the job comes back: that attempt has been made.
    await run("slow", first);
    expect([received.length, await takeJobs()]).toEqual([1, []]);

    laterBy(6000);
    answer = (response) => response.writeHead(201).end();
    await run("slow", second);
    expect(await stateOf(first)).toMatchObject({ state: "delivered", attempts: [500, 201], failing: null });
    const [one, two] = received;
    if (one === undefined || two === undefined) throw new Error("delivered fewer than two times");
    for (const { headers, body } of [one, two]) {
      new Webhook(secret).verify(body, headers);
      expect(JSON.parse(body)).toMatchObject({
        type: "event",
        event_type: "message.sent",
        event_id: first.payload["eventId"],
        send: { inbox_id: inbox, message_id: messageId, recipients: ["x@outside.test"] },
      });
      expect(headers).toMatchObject({
        "content-type": "application/json",
        "user-agent": "Rookery-Webhooks/test",
        authorization: "Bearer theirs",
        "x-twice": "é",
        "svix-id": `msg_${String(first.payload["eventId"]).replaceAll("-", "")}`,
        "webhook-id": headers["svix-id"],
      });
      expect(() => new Webhook("whsec_c29tZWJvZHkgZWxzZSdzIGtleQ==").verify(body, headers)).toThrow();
      expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
    }
    expect(Number(two.headers["svix-timestamp"]) - Number(one.headers["svix-timestamp"])).toBe(6);

    // As above, now that it is over.
    await run("fast", first);
    await run("slow", second);
    expect([received.length, await takeJobs()]).toEqual([2, []]);
  });

  it("that two workers make at once is listed once and followed up once", async () => {
    await hook();
    await send();
    const job = await takeJob();
    let waiting = 0;
    let release = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    answer = async (response) => {
      if (++waiting === 2) release();
      await both;
      response.writeHead(503).end();
    };
    await Promise.all([run("fast", job), run("fast", job)]);
    expect(received.map(({ headers }) => headers["svix-id"])).toEqual([
      received[0]?.headers["svix-id"],
      received[0]?.headers["svix-id"],
    ]);
    expect(await stateOf(job)).toMatchObject({ state: "pending", attempts: [503] });
    expect((await takeJob()).payload["attempt"]).toBe(2);
  });

  it.each([1, -1])(
    "is given up after the schedule though the clock here is %d h ahead, and its endpoint switched off when it has failed for five days",
    async (hours) => {
      laterBy(hours * 3_600_000);
      const { id } = await hook();
      await send();
      const first = await takeJob();
      let job = first;
      answer = (response) => response.writeHead(302, { location: "/elsewhere" }).end();
      for (const seconds of WEBHOOK_RETRY_SECONDS) {
        await run("slow", job);
        job = await takeJob();
        const ratio = job.delayMs / (seconds * 1000);
        expect([ratio >= 0.9, ratio <= 1.1]).toEqual([true, true]);
        laterBy(job.delayMs);
      }
      const began = (await stateOf(first)).failing;
      await run("slow", job);
      expect(await takeJobs()).toEqual([]);
      expect(await stateOf(first)).toMatchObject({
        state: "failed",
        attempts: Array(8).fill(302),
        failing: began,
      });
      expect([received.length, await enabled(id)]).toEqual([8, true]);

      await send();
      const [later, earlier] = [await takeJob(), received.length];
      // A failing endpoint's first attempts are not the fast lane's either.
      expect(later.task).toBe("deliver_webhook_slow");
      if (began === null) throw new Error("the endpoint does not count as failing");
      at = new Date(began.getTime() + 5 * 86_400_000 - 1);
      await run("slow", later);
      expect(await enabled(id)).toBe(true);
      const last = await takeJob();
      laterBy(1);
      await run("slow", last);
      expect([received.length - earlier, await enabled(id)]).toEqual([2, false]);
      const { rows } = await t.behind((tx) =>
        sql`select actor from audit where operation = 'webhook.disable' and target = ${id}`.execute(
          tx.within(systemScope),
        ),
      );
      expect(rows).toEqual([{ actor: "webhook delivery" }]);
      // Disabled: nothing is delivered any more, whether queued before or after.
      await run("slow", await takeJob());
      await send();
      expect([received.length - earlier, await takeJobs()]).toEqual([2, []]);
      expect(await stateOf(later)).toMatchObject({ state: "failed", attempts: [302, 302] });
    },
  );

  it("of an endpoint that is found failing leaves the fast lane untried, and the endpoint is well again after one success", async () => {
    await hook();
    await send();
    await send();
    const [one, two] = await takeJobs();
    if (one === undefined || two === undefined) throw new Error("two jobs were expected");
    expect([one.task, two.task]).toEqual(["deliver_webhook", "deliver_webhook"]);
    answer = (response) => response.writeHead(500).end();
    await run("fast", one);
    await takeJob();
    await run("fast", two);
    expect(received).toHaveLength(1);
    const deferred = await takeJob();
    expect(deferred).toMatchObject({
      task: "deliver_webhook_slow",
      queue: expect.stringMatching(/^webhook:[0-9a-f-]{36}:[01]$/),
      payload: { ...two.payload, attempt: 1 },
    });
    answer = (response) => response.writeHead(200).end();
    await run("slow", deferred);
    expect(await stateOf(two)).toMatchObject({ state: "delivered", attempts: [200], failing: null });
    await send();
    expect((await takeJob()).task).toBe("deliver_webhook");
  });

  it("ends at once when the receiver says so, and when the message was deleted, which is no failure of the endpoint", async () => {
    await hook();
    await send();
    const aborted = await takeJob();
    answer = (response) => response.writeHead(400, { "webhook-delivery": "abort-message" }).end();
    await run("fast", aborted);
    expect(await stateOf(aborted)).toMatchObject({ state: "failed", attempts: [400] });

    await hook({ clientId: "second" });
    const messageId = await send();
    const jobs = await takeJobs();
    const fresh = jobs.find((job) => job.payload["webhookId"] !== aborted.payload["webhookId"]);
    if (fresh === undefined) throw new Error("the second endpoint has no job");
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId });
    await run("fast", fresh);
    expect(await stateOf(fresh)).toEqual({
      state: "failed",
      attempts: ["nothing_to_tell"],
      details: ["message deleted"],
      failing: null,
    });
    expect([received.length, await takeJobs()]).toEqual([1, []]);
  });

  it("to an endpoint that is deleted meanwhile ends without an error and leaves no rows", async () => {
    const { id } = await hook();
    await send();
    const job = await takeJob();
    answer = async (response) => {
      await t.run(t.rootToken, deleteWebhook, {}, { id });
      response.writeHead(500).end();
    };
    await run("fast", job);
    expect(received).toHaveLength(1);
    expect(await stateOf(job)).toMatchObject({ state: null, attempts: [] });
    expect(await takeJobs()).toEqual([]);
  });

  it("above a megabyte leaves the message's bodies out and keeps the rest", async () => {
    const { secret } = await hook({ eventTypes: ["message.received"] });
    const tell = async (text: string): Promise<Record<string, unknown>> => {
      const messageId = await send({ text, html: "<p>Hi</p>" });
      await t.behind(async (tx) => {
        const row = await tx
          .within(systemScope)
          .selectFrom("messages")
          .where("message_id", "=", messageId)
          .selectAll()
          .executeTakeFirstOrThrow();
        const { organization_id: organizationId, pod_id: podId, inbox_id: inboxId, id: messageUuid } = row;
        await insertEvents(tx, systemScope, [
          {
            id: crypto.randomUUID(),
            type: "message.received",
            organizationId,
            podId,
            inboxId,
            messageUuid,
            data: {},
            at,
          },
        ]);
      });
      await run("fast", await takeJob());
      const last = received.at(-1);
      if (last === undefined) throw new Error("nothing was delivered");
      new Webhook(secret).verify(last.body, last.headers);
      const told = JSON.parse(last.body) as { message: Record<string, unknown>; thread: object };
      expect(told.message["message_id"]).toBe(messageId);
      expect(told.thread).toMatchObject({ inbox_id: inbox });
      return told.message;
    };
    expect(await tell("Hi")).toMatchObject({
      text: "Hi",
      html: "<p>Hi</p>",
      extracted_text: "Hi",
      from_: expect.stringContaining(inbox),
    });
    const slim = await tell("long ".repeat(MAX_WEBHOOK_BODY_BYTES / 8));
    expect(slim).toMatchObject({ subject: "Hello", to: ["x@outside.test"] });
    expect(Object.keys(slim).filter((name) => /text|html/.test(name))).toEqual([]);
  });
});
