/** A delivery as the worker sees it: load, post, record. */
import type { Database, Tx } from "../../../storage/db.ts";
import { createBringForward, insertAudit, systemScope } from "../../door/access/index.ts";
import { MAX_PODS_FOUND } from "../../limits.ts";
import {
  type AttemptRow,
  clearFailing,
  type DeliveryChange,
  type DeliveryJob,
  disableWebhook,
  findPendingDelivery,
  insertAttempt,
  lockPendingDelivery,
  markFailing,
  type PendingDelivery,
  postponeDelivery,
  updateDelivery,
} from "./delivery-store.ts";
import {
  type DuePod,
  type DueSearch,
  findDue,
  giveUpDisabled,
  holdDue,
  listPodsWithDue,
  waitingDeliveries,
} from "./due-store.ts";
import { mayReadEvent, readerWithout } from "./reader.ts";
import { nextAttemptMs } from "./schedule.ts";
import { findEventMessage, findOtherPod, loadEvent, type StoredEvent } from "./stored-event.ts";

/** Milliseconds. */
const OWN_FAILURE_MS = 30_000;

export interface LoadedDelivery {
  readonly delivery: PendingDelivery;
  readonly event: StoredEvent;
  /** Whether the endpoint may still be told of it: its message may have been labelled since. */
  readonly mayTell: boolean;
}

/** Pods with deliveries that are due (UUID), to endpoints that work and to those that fail: at most MAX_PODS_FOUND of both. */
export const podsWithDeliveries = (database: Database): Promise<readonly DuePod[]> =>
  database.readOnce(systemScope, (tx) => listPodsWithDue(tx, systemScope, MAX_PODS_FOUND));

/** Makes deliveries due that wait for longer than any is put off: they were while the database's clock was ahead. */
export const createWebhooksForward = (database: Database): (() => Promise<boolean>) =>
  createBringForward(database, waitingDeliveries);

/**
 * Deliveries of a pod that are due, an endpoint after the other. Those to disabled endpoints are given up instead, and those to
 * endpoints of a suspended pod put off.
 */
export async function findDueDeliveries(
  database: Database,
  search: DueSearch,
  now: Date,
): Promise<readonly DeliveryJob[]> {
  // Planned for each webhook anew it took PostgreSQL 0.7 ms, of which it ran for 0.1.
  const found = await database.transaction(
    systemScope,
    (tx) => tx.withKeptPlans(() => findDue(tx, systemScope, search)),
    { isReadOnly: true },
  );
  const disabled = new Set(found.filter(({ enabled }) => !enabled).map(({ webhookId }) => webhookId));
  for (const webhookId of disabled)
    await database.transaction(systemScope, (tx) =>
      giveUpDisabled(tx, systemScope, { podId: search.podId, webhookId }, now),
    );
  const held = found.filter(({ enabled, isHeld }) => enabled && isHeld);
  for (const webhookId of new Set(held.map((one) => one.webhookId)))
    await database.transaction(systemScope, (tx) =>
      holdDue(tx, systemScope, { podId: search.podId, webhookId }),
    );
  return found
    .filter(({ enabled, isHeld }) => enabled && !isHeld)
    .map(({ enabled: _, isHeld: _held, ...job }) => ({ podId: search.podId, ...job }));
}

/** Null when there is nothing left to deliver. */
export async function loadDelivery(database: Database, job: DeliveryJob): Promise<LoadedDelivery | null> {
  return database.transaction(systemScope, async (tx) => {
    const [delivery, here] = await Promise.all([
      findPendingDelivery(tx, systemScope, job),
      findEventMessage(tx, systemScope, job),
    ]);
    if (delivery === null) return null;
    const { eventId: id, eventType: type, organizationId, podId, inboxId, messageUuid, at, data } = delivery;
    const row = { id, type, organizationId, podId, inboxId, messageUuid, at, data };
    const event = await loadEvent(tx, systemScope, row, here);
    const mayTell = mayReadEvent(readerWithout(delivery.lacked), type, event.message?.labels ?? []);
    return { delivery, event, mayTell };
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

/**
 * Records that an endpoint has not answered yet: until it does, its other deliveries count as those of one that fails. This
 * one stays due, so that another process attempts it should this one die.
 */
export async function noteUnanswered(database: Database, delivery: PendingDelivery): Promise<void> {
  await database.transaction(systemScope, async (tx) => {
    // It may have answered just now; that it fails must not be noted over it.
    if (await lockPendingDelivery(tx, systemScope, delivery))
      await markFailing(tx, systemScope, delivery.webhookId);
  });
}

/** Puts off a delivery whose attempt failed for a reason of ours, so that it is not attempted over and over. */
export const putOffDelivery = (database: Database, job: DeliveryJob): Promise<void> =>
  database.transaction(systemScope, (tx) => postponeDelivery(tx, systemScope, job, OWN_FAILURE_MS));

/**
 * Records an attempt and what follows from it, in one transaction: done, given up, or due again.
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
  const delayMs = verdict === "again" ? nextAttemptMs(delivery.attempt - delivery.resentAfter, chance) : null;
  const state = verdict === "delivered" ? "delivered" : delayMs === null ? "failed" : "pending";
  const record = async (tx: Tx): Promise<void> => {
    const counted = await countAttempt(tx, delivery, { state, delayMs, at });
    if (counted === null) return;
    await insertAttempt(tx, systemScope, counted, result);
    await recordHealth(tx, delivery, { verdict, at, newId });
  };
  await database.transaction(systemScope, record, { isRepeatable: true });
}

/** Follows a delivery whose inbox was moved meanwhile. @returns it where it is; null when the attempt is not to be counted */
async function countAttempt(
  tx: Tx,
  delivery: PendingDelivery,
  change: DeliveryChange,
): Promise<PendingDelivery | null> {
  if (await updateDelivery(tx, systemScope, delivery, change)) return delivery;
  const { inboxId, podId } = delivery;
  const other = inboxId === null ? null : await findOtherPod(tx, systemScope, { inboxId, podId });
  if (other === null) return null;
  const moved = { ...delivery, podId: other };
  return (await updateDelivery(tx, systemScope, moved, change)) ? moved : null;
}

async function recordHealth(
  tx: Tx,
  { webhookId, organizationId }: PendingDelivery,
  { verdict, at, newId }: { verdict: Verdict; at: Date; newId: () => string },
): Promise<void> {
  if (verdict === "moot") return;
  if (verdict === "delivered") return clearFailing(tx, systemScope, webhookId);
  if (!(await markFailing(tx, systemScope, webhookId))) return;
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
