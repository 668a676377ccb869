/** A delivery as the worker sees it: load, post, record. */
import type { Database, Tx } from "../../../storage/db.ts";
import type { Job } from "../../../storage/jobs.ts";
import { insertAudit, systemScope } from "../../door/access/index.ts";
import type { EventType } from "../../door/events.ts";
import { WEBHOOK_TIMEOUT_MS } from "../../limits.ts";
import { type FullMessage, findFullMessage } from "../../mail/messages/index.ts";
import { findThread, type Thread } from "../../mail/threads/index.ts";
import {
  type AttemptRow,
  clearFailing,
  type DeliveryJob,
  disableWebhook,
  findPendingDelivery,
  giveUpIfDisabled,
  insertAttempt,
  lockPendingDelivery,
  markFailing,
  type PendingDelivery,
  updateDelivery,
} from "./delivery-store.ts";
import { isGivenUp, nextAttemptMs } from "./schedule.ts";

/** An event with the current rows that its payload is built from. */
export interface StoredEvent {
  readonly id: string;
  readonly type: EventType;
  readonly organizationId: string;
  readonly podId: string;
  readonly inboxAddress: string | null;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
  readonly message: FullMessage | null;
  readonly thread: Thread | null;
}

export interface LoadedDelivery {
  readonly delivery: PendingDelivery;
  readonly event: StoredEvent;
}

/** Null when there is nothing left to deliver; a delivery to a disabled endpoint then counts as failed. */
export async function loadDelivery(
  database: Database,
  job: DeliveryJob,
  now: Date,
): Promise<LoadedDelivery | null> {
  return database.transaction(systemScope, async (tx) => {
    const delivery = await findPendingDelivery(tx, systemScope, job);
    if (delivery === null) {
      await giveUpIfDisabled(tx, systemScope, job, now);
      return null;
    }
    const message =
      delivery.messageUuid === null
        ? null
        : await findFullMessage(tx, systemScope, job.podId, delivery.messageUuid);
    const thread = message === null ? null : await findThread(tx, systemScope, job.podId, message.threadId);
    const { organizationId, inboxAddress, eventType: type, data, at } = delivery;
    return {
      delivery,
      event: {
        id: job.eventId,
        type,
        organizationId,
        podId: job.podId,
        inboxAddress,
        at,
        data,
        message,
        thread,
      },
    };
  });
}

/**
 * What an attempt came to. `again`: it failed and is tried again while the schedule lasts. `never`: the receiver asked
 * not to be sent this again. `moot`: there is nothing left to deliver, which says nothing about the endpoint.
 */
export type Verdict = "delivered" | "again" | "never" | "moot";

export interface AttemptResult extends AttemptRow {
  readonly verdict: Verdict;
}

type LaterLane = "busy" | "slow";

/** Named queues keep an endpoint to two attempts at once, over all processes. */
const laterJob = (lane: LaterLane, delivery: PendingDelivery, attempt: number): Job => ({
  task: `deliver_webhook_${lane}`,
  queue: delivery.queue,
  payload: { podId: delivery.podId, eventId: delivery.eventId, webhookId: delivery.webhookId, attempt },
});

/** Leaves an attempt to another lane: busy, where an endpoint waits for itself, or slow, where those that fail do. */
export async function deferDelivery(
  database: Database,
  delivery: PendingDelivery,
  lane: LaterLane,
): Promise<void> {
  await database.transaction(systemScope, (tx) => tx.enqueue([laterJob(lane, delivery, delivery.attempt)]));
}

/**
 * Records that an endpoint has not answered yet: until it does, its other deliveries go to the slow lane. The
 * job left here makes the attempt again should this process die; when it did not, that job finds the attempt made.
 */
export async function leaveWaiting(database: Database, delivery: PendingDelivery, at: Date): Promise<void> {
  await database.transaction(systemScope, async (tx) => {
    // It may have answered just now; that it fails must not be noted over it.
    if (!(await lockPendingDelivery(tx, systemScope, delivery))) return;
    await markFailing(tx, systemScope, delivery.webhookId, at);
    const again = laterJob("slow", delivery, delivery.attempt);
    await tx.enqueue([{ ...again, delayMs: 2 * WEBHOOK_TIMEOUT_MS }]);
  });
}

/**
 * Records an attempt and what follows from it, in one transaction: done, given up, or tried again in the slow lane.
 * Recording the same attempt again changes nothing.
 * @param with `chance` (0 to 1) the moment of the next attempt is chosen, by `newId` an audit row is named
 */
export async function recordAttempt(
  database: Database,
  delivery: PendingDelivery,
  result: AttemptResult,
  { chance, newId }: { readonly chance: number; readonly newId: () => string },
): Promise<void> {
  const { at, verdict } = result;
  const delayMs = verdict === "again" ? nextAttemptMs(delivery.attempt, chance) : null;
  const state = verdict === "delivered" ? "delivered" : delayMs === null ? "failed" : "pending";
  await database.transaction(systemScope, async (tx) => {
    if (!(await updateDelivery(tx, systemScope, delivery, { state, delayMs, at }))) return;
    await insertAttempt(tx, systemScope, delivery, result);
    await recordHealth(tx, delivery, { verdict, at, newId });
    if (delayMs !== null)
      await tx.enqueue([{ ...laterJob("slow", delivery, delivery.attempt + 1), delayMs }]);
  });
}

async function recordHealth(
  tx: Tx,
  { webhookId, organizationId }: PendingDelivery,
  { verdict, at, newId }: { verdict: Verdict; at: Date; newId: () => string },
): Promise<void> {
  if (verdict === "moot") return;
  if (verdict === "delivered") return clearFailing(tx, systemScope, webhookId);
  const { failingSince, enabled } = await markFailing(tx, systemScope, webhookId, at);
  if (!enabled || !isGivenUp(failingSince, at)) return;
  const owner = await disableWebhook(tx, systemScope, webhookId, at);
  if (owner === null) return;
  const change = {
    id: newId(),
    organizationId,
    // As the door has it: what is the organization's is audited under its Default Pod.
    podId: owner.podId ?? organizationId,
    inboxId: owner.inboxId,
    actor: "webhook delivery",
    keyId: null,
    operation: "webhook.disable",
    target: webhookId,
    at,
  };
  await insertAudit(tx, systemScope, [change]);
}
