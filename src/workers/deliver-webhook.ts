/**
 * Posts events to endpoints and records the attempts, in two lanes that cannot delay each other: one for endpoints that work, one
 * for those that fail. See docs/decisions/0003-webhook-lanes.md.
 */
import { mayFail } from "../domain/door/failures.ts";
import {
  type DeliveryJob,
  findDueDeliveries,
  loadDelivery,
  noteUnanswered,
  putOffDelivery,
} from "../domain/notify/webhooks/index.ts";
import { createFairShare } from "../lib/fair-share.ts";
import type { LoopTurns } from "../lib/loop-turns.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import type { ProcessLocks } from "../storage/process-locks.ts";
import { FAILING_AT_ONCE, MAX_WEBHOOKS_WAITED_FOR, WEBHOOK_DRAIN_MS, WEBHOOK_GRACE_MS } from "./limits.ts";
import { trackPods } from "./pods-under-way.ts";
import { makeAttempt, type WebhookAttemptParts } from "./webhook-attempt.ts";
import { createWebhookLane, type Look } from "./webhook-lane.ts";

export interface DeliverWebhookParts extends WebhookAttemptParts {
  /** So that one process at a time attempts a pod's deliveries. */
  readonly locks: ProcessLocks;
  /** Of the event loop, by pod. */
  readonly turns: Pick<LoopTurns, "during">;
}

export interface WebhookDelivery {
  /** A pod (UUID) may have deliveries that are due, to endpoints that work. */
  wake(podId: string): void;
  /** The same, to endpoints that fail. */
  wakeFailing(podId: string): void;
  /** Waits for the attempts under way, for a moment; those that are not over then are left to a later process. */
  stop(): Promise<void>;
}

/** @param slots attempts at once, in each lane */
export function createWebhookDelivery(
  parts: DeliverWebhookParts,
  slots: { readonly working: number; readonly failing: number },
): WebhookDelivery {
  const { database, clock, warn } = parts;
  const pods = trackPods(parts.locks, (error) => warn("a pod's lock was not released", error));
  const outside = createFairShare(MAX_WEBHOOKS_WAITED_FOR);
  const running = new Set<Promise<unknown>>();
  let isStopping = false;
  const attempted = (job: DeliveryJob, attempt: () => Promise<unknown>): Promise<void> => {
    const made = parts.turns
      .during(job.podId, attempt)
      .catch((error: unknown) => leave(parts, job, error, isStopping))
      .then(() => void running.delete(made));
    running.add(made);
    return made;
  };
  const find = (isFailing: boolean) => (look: Look) =>
    findDueDeliveries(database, { ...look, isFailing }, clock.now());
  const common = { pods, onFailure: (error: unknown) => warn("looking for due webhooks failed", error) };
  const working = createWebhookLane({
    ...common,
    slots: slots.working,
    perEndpoint: slots.working,
    find: find(false),
    // A place for it outside the slots, should it not be answered in time: without one it would hold its slot instead.
    mayBegin: ({ podId }) => outside.tryAcquire(podId),
    attempt: (job, leaveSlot) =>
      attempted(job, () =>
        attemptWithGrace(parts, job, {
          leaveSlot,
          isStopping: () => isStopping,
          onFailing: () => failing.wake(job.podId),
        }),
      ).finally(() => outside.release(job.podId)),
  });
  const failing = createWebhookLane({
    ...common,
    slots: slots.failing,
    perEndpoint: FAILING_AT_ONCE,
    find: find(true),
    mayBegin: () => true,
    attempt: (job) =>
      attempted(job, async () => {
        if (await isDelivered(parts, job, () => isStopping)) working.wake(job.podId);
      }),
  });
  return {
    wake: working.wake,
    wakeFailing: failing.wake,
    async stop() {
      await Promise.all([working.stop(), failing.stop()]);
      await settlesWithin(WEBHOOK_DRAIN_MS, Promise.allSettled(running));
      isStopping = true;
      parts.client.close();
      await Promise.allSettled(running);
    },
  };
}

/** @returns whether it was delivered now */
async function isDelivered(
  parts: DeliverWebhookParts,
  job: DeliveryJob,
  isStopping: () => boolean,
): Promise<boolean> {
  const loaded = await loadDelivery(parts.database, job);
  return loaded !== null && (await makeAttempt(parts, loaded, isStopping)) === "delivered";
}

interface Grace {
  readonly leaveSlot: () => void;
  /** Told when the endpoint is found failing, for what else is due for it. */
  readonly onFailing: () => void;
  readonly isStopping: () => boolean;
}

/** One that is not answered in time goes on without its slot. */
async function attemptWithGrace(
  parts: DeliverWebhookParts,
  job: DeliveryJob,
  { leaveSlot, onFailing, isStopping }: Grace,
): Promise<void> {
  const loaded = await loadDelivery(parts.database, job);
  if (loaded === null) return;
  // Found failing meanwhile: not this lane's.
  if (loaded.delivery.failingSince !== null) return onFailing();
  const attempt = makeAttempt(parts, loaded, isStopping);
  if (!(await settlesWithin(WEBHOOK_GRACE_MS, attempt))) {
    leaveSlot();
    const reason = "that an endpoint does not answer could not be noted";
    const note = (): Promise<void> => noteUnanswered(parts.database, loaded.delivery);
    await Promise.all([attempt, mayFail(reason, parts.warn, note).then(onFailing)]);
  }
  if ((await attempt) === "again") onFailing();
}

/** An attempt that was not recorded: the delivery is still due. */
async function leave(
  { database, warn }: DeliverWebhookParts,
  job: DeliveryJob,
  error: unknown,
  isStopping: boolean,
): Promise<void> {
  warn("an attempt was not recorded and is made again", error);
  // For the next process it is due at once.
  if (isStopping) return;
  await putOffDelivery(database, job).catch((failure: unknown) =>
    warn("a delivery could not be put off", failure),
  );
}
