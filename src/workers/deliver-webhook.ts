/**
 * Posts events to endpoints and records the attempts, in two lanes that cannot delay each other: one for endpoints that work, one
 * for those that fail. See docs/decisions/0003-webhook-lanes.md.
 */
import type { Warn } from "../domain/door/failures.ts";
import { WEBHOOK_TIMEOUT_MS } from "../domain/limits.ts";
import {
  type AttemptResult,
  type DeliveryJob,
  findDueDeliveries,
  type LoadedDelivery,
  loadDelivery,
  noteUnanswered,
  putOffDelivery,
  recordAttempt,
  SECRET_SEAL,
  type StoredEvent,
  type WebhookFormat,
  webhookHeaders,
} from "../domain/notify/webhooks/index.ts";
import type { WebhookClient, WebhookOutcome } from "../egress/http/webhook-client.ts";
import type { Clock } from "../lib/clock.ts";
import { createFairShare } from "../lib/fair-share.ts";
import type { Sealer } from "../lib/seal.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import type { Database } from "../storage/db.ts";
import type { ProcessLocks } from "../storage/process-locks.ts";
import {
  FAILING_AT_ONCE,
  MAX_WEBHOOK_BODY_BYTES,
  MAX_WEBHOOKS_WAITED_FOR,
  WEBHOOK_DRAIN_MS,
  WEBHOOK_GRACE_MS,
  WEBHOOK_RESPONSE_BYTES,
} from "./limits.ts";
import { trackPods } from "./pods-under-way.ts";
import { createWebhookLane, type Look } from "./webhook-lane.ts";

export interface DeliverWebhookParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly sealer: Sealer;
  readonly client: WebhookClient;
  /** So that one process at a time attempts a pod's deliveries. */
  readonly locks: ProcessLocks;
  readonly random: (bytes: number) => Uint8Array;
  /** Body and signature, in the words of the dialect that the endpoint was made in. */
  readonly format: WebhookFormat;
  readonly warn: Warn;
  /** WEBHOOK_GRACE_MS when absent. */
  readonly graceMs?: number;
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
  const { database, clock, warn, graceMs = WEBHOOK_GRACE_MS } = parts;
  const pods = trackPods(parts.locks, (error) => warn("a pod's lock was not released", error));
  const outside = createFairShare(MAX_WEBHOOKS_WAITED_FOR);
  const running = new Set<Promise<unknown>>();
  let isStopping = false;
  const attempted = (job: DeliveryJob, attempt: () => Promise<unknown>): Promise<void> => {
    const made = attempt()
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
      attempted(job, async () => {
        const loaded = await loadDelivery(database, job);
        if (loaded === null || loaded.delivery.failingSince !== null) return;
        const attempt = makeAttempt(parts, loaded, () => isStopping);
        if (!(await settlesWithin(graceMs, attempt))) {
          leaveSlot();
          await noteUnanswered(database, loaded.delivery, clock.now());
        }
        await attempt;
      }).finally(() => {
        outside.release(job.podId);
        // What it has due for an endpoint that was found failing.
        failing.wake(job.podId);
      }),
  });
  const failing = createWebhookLane({
    ...common,
    slots: slots.failing,
    perEndpoint: FAILING_AT_ONCE,
    find: find(true),
    mayBegin: () => true,
    attempt: (job) =>
      attempted(job, async () => {
        const loaded = await loadDelivery(database, job);
        const verdict = loaded === null ? null : await makeAttempt(parts, loaded, () => isStopping);
        if (verdict === "delivered") working.wake(job.podId);
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

/** Tells the endpoint, and records how it went. @throws when we broke off, which is no failure of the endpoint's */
async function makeAttempt(
  parts: DeliverWebhookParts,
  loaded: LoadedDelivery,
  isStopping: () => boolean,
): Promise<AttemptResult["verdict"]> {
  const result = isStopping() ? null : await tell(parts, loaded);
  if (result === null || (isStopping() && result.verdict === "again"))
    throw new Error("the process stops before the endpoint answered");
  const chance = (parts.random(1)[0] ?? 0) / 255;
  await recordAttempt(parts.database, loaded.delivery, result, { chance, newId: parts.newId });
  return result.verdict;
}

function bodyOf(parts: DeliverWebhookParts, event: StoredEvent): string | null {
  const write = (slim: boolean): string | null => {
    const body = parts.format.present(event, slim);
    return body === null ? null : JSON.stringify(body);
  };
  const { text, html } = event.message ?? { text: null, html: null };
  // Writing out megabytes only to find that they are too many would hold up everybody else's.
  if ((text?.length ?? 0) + (html?.length ?? 0) > MAX_WEBHOOK_BODY_BYTES) return write(true);
  const whole = write(false);
  return whole === null || Buffer.byteLength(whole) <= MAX_WEBHOOK_BODY_BYTES ? whole : write(true);
}

async function tell(parts: DeliverWebhookParts, { delivery, event }: LoadedDelivery): Promise<AttemptResult> {
  const body = bodyOf(parts, event);
  const at = parts.clock.now();
  if (body === null)
    return {
      verdict: "moot",
      status: null,
      outcome: "nothing_to_tell",
      detail: "message deleted",
      durationMs: 0,
      at,
    };
  const signed = parts.format.sign({
    secret: parts.sealer.open(delivery.secretSealed, SECRET_SEAL),
    eventId: delivery.eventId,
    at,
    body,
  });
  const outcome = await parts.client.post({
    tenant: delivery.podId,
    url: delivery.url,
    headers: { ...webhookHeaders(parts, delivery), ...signed },
    body,
    timeoutMs: WEBHOOK_TIMEOUT_MS,
    responseLimitBytes: WEBHOOK_RESPONSE_BYTES,
  });
  return resultOf(outcome, parts.clock.now());
}

function resultOf(outcome: WebhookOutcome, at: Date): AttemptResult {
  const { durationMs } = outcome;
  if (outcome.kind === "failure")
    return {
      verdict: "again",
      status: null,
      outcome: outcome.reason,
      detail: outcome.message,
      durationMs,
      at,
    };
  const ok = outcome.status >= 200 && outcome.status < 300;
  const detail = outcome.body.replaceAll("\0", "");
  return {
    verdict: ok ? "delivered" : outcome.abort ? "never" : "again",
    status: outcome.status,
    outcome: ok ? "delivered" : "refused",
    detail,
    durationMs,
    at,
  };
}
