/** A delivery's life, as the worker that does the talking sees it: load, tell, record. */
import type { Database } from "../../storage/db.ts";
import { systemScope } from "../access/index.ts";
import type { EventType } from "../events.ts";
import { type FullMessage, findFullMessage } from "../messages/index.ts";
import { findThread, type Thread } from "../threads/index.ts";
import {
  type AttemptRow,
  type DeliveryKey,
  findPendingDelivery,
  insertAttempt,
  type PendingDelivery,
  updateDelivery,
  updateHealth,
} from "./delivery-store.ts";
import { isGivenUp, nextAttempt } from "./schedule.ts";

/** An event with what there is to say about it now. */
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

/** Null when there is nothing to tell any more. */
export async function loadDelivery(database: Database, key: DeliveryKey): Promise<LoadedDelivery | null> {
  return database.transaction(systemScope, async (tx) => {
    const delivery = await findPendingDelivery(tx, systemScope, key);
    if (delivery === null) return null;
    const message =
      delivery.messageUuid === null
        ? null
        : await findFullMessage(tx, systemScope, key.podId, delivery.messageUuid);
    const thread = message === null ? null : await findThread(tx, systemScope, key.podId, message.threadId);
    const { organizationId, inboxAddress, eventType: type, data, at } = delivery;
    return {
      delivery,
      event: {
        id: key.eventId,
        type,
        organizationId,
        podId: key.podId,
        inboxAddress,
        at,
        data,
        message,
        thread,
      },
    };
  });
}

export interface AttemptResult extends AttemptRow {
  readonly ok: boolean;
  /** The receiver asked never to be told this again, or there is nothing left to tell. */
  readonly final: boolean;
}

/** Records an attempt and what follows from it, in one transaction: done, given up, or tried again in the slow lane. */
export async function recordAttempt(
  database: Database,
  delivery: PendingDelivery,
  result: AttemptResult,
  chance: number,
): Promise<void> {
  const { at } = result;
  await database.transaction(systemScope, async (tx) => {
    if (!(await insertAttempt(tx, systemScope, delivery, result))) return;
    if (result.ok) {
      await updateDelivery(tx, systemScope, delivery, { state: "delivered", nextAttemptAt: null, at });
      if (delivery.failingSince !== null) await updateHealth(tx, systemScope, delivery.webhookId, null, true);
      return;
    }
    const failingSince = delivery.failingSince ?? at;
    const next = result.final ? null : nextAttempt(delivery.attempts + 1, at, chance);
    await updateDelivery(tx, systemScope, delivery, {
      state: next === null ? "failed" : "pending",
      nextAttemptAt: next,
      at,
    });
    await updateHealth(tx, systemScope, delivery.webhookId, failingSince, !isGivenUp(failingSince, at));
    if (next === null) return;
    const { podId, eventId, webhookId } = delivery;
    await tx.enqueue([
      {
        task: "deliver_webhook_slow",
        queue: `webhook:${webhookId}:slow`,
        runAt: next,
        payload: { podId, eventId, webhookId },
      },
    ]);
  });
}
