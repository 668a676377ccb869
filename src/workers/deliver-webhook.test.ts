import type { IncomingMessage, ServerResponse } from "node:http";
import { sql } from "kysely";
import pg from "pg";
import { Webhook } from "svix";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openLoopTurns } from "../../test/support/loop-turns.ts";
import { openSockets, type Sockets } from "../../test/support/sockets.ts";
import { openTestDoor, type TestDoor } from "../../test/support/test-door.ts";
import { insertEvents, systemScope } from "../domain/door/access/index.ts";
import { deleteMessage } from "../domain/mail/messages/index.ts";
import {
  type CreateWebhook,
  createWebhook,
  deleteWebhook,
  getWebhook,
} from "../domain/notify/webhooks/index.ts";
import { MAX_EVENT_BODY_BYTES, WEBHOOK_RETRY_SECONDS } from "../domain/notify/webhooks/limits.ts";
import { type Outgoing, sendMessage } from "../domain/transit/sends/index.ts";
import { createWebhookClient, type WebhookClient } from "../egress/http/webhook-client.ts";
import { openProcessLocks } from "../storage/process-locks.ts";
import { v0Webhooks } from "../transport/http/v0/event-payload.ts";
import { createWebhookDelivery } from "./deliver-webhook.ts";

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}
/** A pending delivery. */
interface Pending {
  readonly eventId: string;
  readonly webhookId: string;
  readonly attempts: number;
  /** Milliseconds until it is due, by PostgreSQL's clock. */
  readonly delayMs: number;
}

let t: TestDoor;
let worker: pg.Client;
let warnings: [string, unknown][];
let sockets: Sockets;
let port: number;
let client: WebhookClient;
let received: Received[];
let answer: (response: ServerResponse) => unknown;
let at: Date;
let pod: string;
let inbox: string;

const clock = { now: () => at, monotonicMs: () => performance.now() };
const laterBy = (ms: number): void => {
  at = new Date(at.getTime() + ms);
};
const textHeaders = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));

beforeAll(async () => {
  t = await openTestDoor();
  worker = new pg.Client({ ...t.engine.connection, options: "-c role=rookery_worker" });
  await worker.connect();
  client = createWebhookClient({
    allowPrivate: true,
    resolve: async () => ["127.0.0.1"],
    userAgent: "Rookery-Webhooks/test",
    now: clock.monotonicMs,
  });
  sockets = openSockets();
  port = await sockets.http(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: textHeaders(request), body: Buffer.concat(chunks).toString() });
    await answer(response);
  });
});
afterAll(async () => {
  client.close();
  await sockets.end();
  await worker.end();
  await t.close();
});

beforeEach(async () => {
  received = [];
  warnings = [];
  at = new Date();
  answer = (response) => response.writeHead(204).end();
  pod = await t.seed.pod();
  inbox = (await t.seed.inbox(pod)).address;
});

/** Wakes a process for the pod, and lets it end what it begins. @param space of its locks: another one is as if it had lost them */
async function run(kind: "wake" | "wakeFailing", space = 1): Promise<void> {
  const locks = openProcessLocks(t.engine, space);
  const delivery = createWebhookDelivery(
    {
      ...{ database: t.database, clock, sealer: t.sealer, client, locks, turns: openLoopTurns() },
      newId: t.parts.lent.newId,
      random: (n) => new Uint8Array(n).fill(90),
      format: v0Webhooks,
      warn: (reason, error) => void warnings.push([reason, error]),
    },
    { working: 4, failing: 4 },
  );
  delivery[kind](pod);
  await delivery.stop();
  await locks.close();
}

/** Pending deliveries of the pod, in the order in which they were made. */
async function pending(): Promise<Pending[]> {
  const { rows } = await worker.query(
    `select event_id as "eventId", webhook_id as "webhookId", attempts,
      extract(epoch from next_attempt_at - now())::float8 * 1000 as "delayMs"
     from webhook_deliveries where pod_id = $1 and state = 'pending' order by event_id, webhook_id`,
    [pod],
  );
  return rows;
}
async function onePending(): Promise<Pending> {
  const [one, ...more] = await pending();
  if (one === undefined || more.length > 0)
    throw new Error(`${more.length + (one ? 1 : 0)} deliveries, not one`);
  return one;
}
/** Lets the time pass until everything pending is due. */
const untilDue = (): Promise<unknown> =>
  worker.query(
    "update webhook_deliveries set next_attempt_at = now() where pod_id = $1 and state = 'pending'",
    [pod],
  );

async function hook(more: Partial<CreateWebhook> = {}): Promise<{ id: string; secret: string }> {
  const url = `http://127.0.0.1:${port}/in`;
  const input = { url, eventTypes: ["message.sent"] as const, podIds: [], inboxIds: [], ...more };
  return t.run(t.rootToken, createWebhook, { inbox }, input);
}
async function send(more: Partial<Outgoing> = {}): Promise<string> {
  const mail = { to: ["x@outside.test"], subject: "Hello", text: "Hi", idempotencyKey: null, ...more };
  return (await t.run(t.rootToken, sendMessage, { inbox }, mail)).messageId;
}
const hasFailedFor = (id: string, hours: number): Promise<unknown> =>
  worker.query(`update webhooks set failing_since = now() - interval '${hours} hours' where id = $1`, [id]);
const enabled = async (id: string): Promise<boolean> =>
  (await t.run(t.rootToken, getWebhook, {}, { id })).enabled;

/** State of the job's delivery, its endpoint's health and the attempts listed. */
async function stateOf({ eventId, webhookId }: Pending) {
  return t.behind(async (tx) => {
    const db = tx.within(systemScope);
    const of = <Table extends "webhook_deliveries" | "webhook_attempts">(table: Table) =>
      db
        .selectFrom<"webhook_deliveries" | "webhook_attempts">(table)
        .where("event_id", "=", eventId)
        .where("webhook_id", "=", webhookId);
    const delivery = await of("webhook_deliveries").select(["state"]).executeTakeFirst();
    const attempts = await db
      .selectFrom("webhook_attempts")
      .where("event_id", "=", eventId)
      .where("webhook_id", "=", webhookId)
      .orderBy("attempt")
      .select(["attempt", "status", "outcome", "detail"])
      .execute();
    const webhook = await db
      .selectFrom("webhooks")
      .where("id", "=", webhookId)
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
    const first = await onePending();
    expect(first).toMatchObject({ attempts: 0 });
    answer = (response) => response.writeHead(500).end("try later");
    await run("wake");
    const second = await onePending();
    expect(second).toMatchObject({ eventId: first.eventId, webhookId: first.webhookId, attempts: 1 });
    expect([second.delayMs > 4000, second.delayMs <= 5500]).toEqual([true, true]);
    expect(await stateOf(first)).toEqual({
      state: "pending",
      attempts: [500],
      details: ["try later"],
      failing: expect.any(Date),
    });

    // Not due yet.
    await run("wake");
    await run("wakeFailing");
    expect(received).toHaveLength(1);

    laterBy(6000);
    await untilDue();
    answer = (response) => response.writeHead(201).end();
    await run("wakeFailing");
    expect(await stateOf(first)).toMatchObject({ state: "delivered", attempts: [500, 201], failing: null });
    const [one, two] = received;
    if (one === undefined || two === undefined) throw new Error("delivered fewer than two times");
    for (const { headers, body } of [one, two]) {
      new Webhook(secret).verify(body, headers);
      expect(JSON.parse(body)).toMatchObject({
        type: "event",
        event_type: "message.sent",
        event_id: first.eventId,
        send: { inbox_id: inbox, message_id: messageId, recipients: ["x@outside.test"] },
      });
      expect(headers).toMatchObject({
        "content-type": "application/json",
        "user-agent": "Rookery-Webhooks/test",
        authorization: "Bearer theirs",
        "x-twice": "é",
        "svix-id": `msg_${first.eventId.replaceAll("-", "")}`,
        "webhook-id": headers["svix-id"],
      });
      expect(() => new Webhook("whsec_c29tZWJvZHkgZWxzZSdzIGtleQ==").verify(body, headers)).toThrow();
      expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
    }
    expect(Number(two.headers["svix-timestamp"]) - Number(one.headers["svix-timestamp"])).toBe(6);

    await run("wake");
    await run("wakeFailing");
    expect([received.length, await pending(), warnings]).toEqual([2, [], []]);
  });

  it("that two processes make at once is listed once and followed up once", async () => {
    await hook();
    await send();
    const job = await onePending();
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
    await Promise.all([run("wake", 1), run("wake", 2)]);
    expect(received.map(({ headers }) => headers["svix-id"])).toEqual([
      received[0]?.headers["svix-id"],
      received[0]?.headers["svix-id"],
    ]);
    expect(await stateOf(job)).toMatchObject({ state: "pending", attempts: [503] });
    expect(await onePending()).toMatchObject({ attempts: 1 });
  });

  it("is given up after the schedule, and its endpoint switched off when it has failed for five days", async () => {
    const { id } = await hook();
    await send();
    const first = await onePending();
    answer = (response) => response.writeHead(302, { location: "/elsewhere" }).end();
    await run("wake");
    for (const seconds of WEBHOOK_RETRY_SECONDS) {
      const { delayMs } = await onePending();
      const ratio = (delayMs + 1000) / (seconds * 1000);
      expect([ratio >= 0.9, (delayMs - 1000) / (seconds * 1000) <= 1.1]).toEqual([true, true]);
      // Our clock runs ahead of PostgreSQL's, by which it is due.
      laterBy(delayMs);
      await untilDue();
      await run("wakeFailing");
    }
    expect(await pending()).toEqual([]);
    expect(await stateOf(first)).toMatchObject({ state: "failed", attempts: Array(8).fill(302) });
    expect([received.length, await enabled(id)]).toEqual([8, true]);

    await send();
    const [later, earlier] = [await onePending(), received.length];
    await hasFailedFor(id, 5 * 24 - 1);
    // The clock that is ahead is this process's.
    laterBy(400 * 86_400_000);
    await run("wakeFailing");
    expect(await enabled(id)).toBe(true);
    await hasFailedFor(id, 5 * 24);
    await untilDue();
    await run("wakeFailing");
    expect([received.length - earlier, await enabled(id)]).toEqual([2, false]);
    const { rows } = await t.behind((tx) =>
      sql`select actor from audit where operation = 'webhook.disable' and target = ${id}`.execute(
        tx.within(systemScope),
      ),
    );
    expect(rows).toEqual([{ actor: "webhook delivery" }]);
    // Disabled: nothing is delivered any more, whether queued before or after.
    await untilDue();
    await run("wakeFailing");
    await send();
    expect([received.length - earlier, await pending()]).toEqual([2, []]);
    expect(await stateOf(later)).toMatchObject({ state: "failed", attempts: [302, 302] });
  });

  it("of an endpoint that fails is no business of those that work, and the endpoint is well again after one success", async () => {
    await hook();
    await send();
    answer = (response) => response.writeHead(500).end();
    await run("wake");
    await send();
    const [, two] = await pending();
    if (two === undefined) throw new Error("two deliveries were expected");
    await run("wake");
    expect(received).toHaveLength(1);
    answer = (response) => response.writeHead(200).end();
    await run("wakeFailing");
    expect(await stateOf(two)).toMatchObject({ state: "delivered", attempts: [200], failing: null });
    await send();
    await run("wakeFailing");
    expect(received).toHaveLength(2);
    await run("wake");
    expect(received).toHaveLength(3);
  });

  it("ends at once when the receiver says so, and when the message was deleted, which is no failure of the endpoint", async () => {
    const { id } = await hook();
    await send();
    const aborted = await onePending();
    answer = (response) => response.writeHead(400, { "webhook-delivery": "abort-message" }).end();
    await run("wake");
    expect(await stateOf(aborted)).toMatchObject({ state: "failed", attempts: [400] });

    await t.run(t.rootToken, deleteWebhook, {}, { id });
    await hook({ clientId: "second" });
    const messageId = await send();
    const fresh = await onePending();
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId });
    await run("wake");
    expect(await stateOf(fresh)).toEqual({
      state: "failed",
      attempts: ["nothing_to_tell"],
      details: ["message deleted"],
      failing: null,
    });
    expect([received.length, await pending()]).toEqual([1, []]);
  });

  it("to an endpoint that is deleted meanwhile ends without an error and leaves no rows", async () => {
    const { id } = await hook();
    await send();
    const job = await onePending();
    answer = async (response) => {
      await t.run(t.rootToken, deleteWebhook, {}, { id });
      response.writeHead(500).end();
    };
    await run("wake");
    expect(received).toHaveLength(1);
    expect(await stateOf(job)).toMatchObject({ state: null, attempts: [] });
    expect([await pending(), warnings]).toEqual([[], []]);
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
      await run("wake");
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
    const slim = await tell("long ".repeat(MAX_EVENT_BODY_BYTES / 8));
    expect(slim).toMatchObject({ subject: "Hello", to: ["x@outside.test"] });
    expect(Object.keys(slim).filter((name) => /text|html/.test(name))).toEqual([]);
  });
});
