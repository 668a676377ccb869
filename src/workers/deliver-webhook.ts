/** Job: post one event to one endpoint and record the attempt. Only server errors throw; the queue retries those. */
import { mayFail, type Warn } from "../domain/door/failures.ts";
import { WEBHOOK_TIMEOUT_MS } from "../domain/limits.ts";
import {
  type AttemptResult,
  deferDelivery,
  type LoadedDelivery,
  leaveWaiting,
  loadDelivery,
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
import type { Task } from "../storage/job-runner.ts";
import {
  MAX_WEBHOOK_BODY_BYTES,
  MAX_WEBHOOKS_WAITED_FOR,
  WEBHOOK_DRAIN_MS,
  WEBHOOK_GRACE_MS,
  WEBHOOK_RESPONSE_BYTES,
} from "./limits.ts";

export interface DeliverWebhookParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly sealer: Sealer;
  readonly client: WebhookClient;
  readonly random: (bytes: number) => Uint8Array;
  /** Body and signature, in the words of the dialect that the endpoint was made in. */
  readonly format: WebhookFormat;
  readonly warn: Warn;
}

/** The three lanes. In the first two, an endpoint that has not answered within the grace period gives up its slot and is awaited outside. */
export interface WebhookDelivery {
  /** First attempts. What exceeds an endpoint's fair share of the slots here goes to the busy lane. */
  readonly fast: Task;
  /** Two at a time for each endpoint, so that an endpoint's burst delays only itself. */
  readonly busy: Task;
  /** Deliveries to an endpoint that is known to fail, including those queued before it was known. */
  readonly slow: Task;
  /** Waits for the attempts under way, for a moment; those that are not over then are left to a later process. */
  stop(): Promise<void>;
}

/** @param slots jobs at once in the fast lane */
export function createWebhookDelivery(parts: DeliverWebhookParts, slots: number): WebhookDelivery {
  const waitedFor = new Set<Promise<void>>();
  const running = new Set<Promise<void>>();
  let isStopping = false;
  const attemptOnce = (loaded: LoadedDelivery): Promise<void> => {
    const attempt = makeAttempt(parts, loaded, () => isStopping).finally(() => running.delete(attempt));
    running.add(attempt);
    return attempt;
  };
  const share = createFairShare(slots);
  const waitOutside = (attempt: Promise<void>): void => {
    const waiting = mayFail("an attempt is left to the job that makes it again", parts.warn, () => attempt);
    waitedFor.add(waiting);
    void waiting.then(() => waitedFor.delete(waiting));
  };
  const attemptWithGrace = async (loaded: LoadedDelivery): Promise<void> => {
    const attempt = attemptOnce(loaded);
    if (waitedFor.size >= MAX_WEBHOOKS_WAITED_FOR || (await settlesWithin(WEBHOOK_GRACE_MS, attempt)))
      return attempt;
    // Before anything that may fail: from here on a rejection of the attempt is handled.
    waitOutside(attempt);
    await leaveWaiting(parts.database, loaded.delivery, parts.clock.now());
  };
  const attemptUnlessFailing = async (loaded: LoadedDelivery): Promise<void> =>
    loaded.delivery.failingSince === null
      ? attemptWithGrace(loaded)
      : deferDelivery(parts.database, loaded.delivery, "slow");
  return {
    async fast(payload) {
      const loaded = await load(parts, payload);
      if (loaded === null) return;
      const { webhookId } = loaded.delivery;
      if (!share.tryAcquire(webhookId)) return deferDelivery(parts.database, loaded.delivery, "busy");
      try {
        await attemptUnlessFailing(loaded);
      } finally {
        share.release(webhookId);
      }
    },
    async busy(payload) {
      const loaded = await load(parts, payload);
      if (loaded !== null) await attemptUnlessFailing(loaded);
    },
    async slow(payload) {
      const loaded = await load(parts, payload);
      if (loaded !== null) await attemptOnce(loaded);
    },
    async stop() {
      await settlesWithin(WEBHOOK_DRAIN_MS, Promise.allSettled(running));
      isStopping = true;
      parts.client.close();
      await Promise.all(waitedFor);
    },
  };
}

const load = (
  { database, clock }: DeliverWebhookParts,
  { podId, eventId, webhookId, attempt = 1 }: Readonly<Record<string, unknown>>,
): Promise<LoadedDelivery | null> =>
  loadDelivery(
    database,
    {
      podId: String(podId),
      eventId: String(eventId),
      webhookId: String(webhookId),
      attempt: Number(attempt),
    },
    clock.now(),
  );

/** Tells the endpoint, and records how it went. @throws when we broke off, which is no failure of the endpoint's */
async function makeAttempt(
  parts: DeliverWebhookParts,
  loaded: LoadedDelivery,
  isStopping: () => boolean,
): Promise<void> {
  const result = isStopping() ? null : await tell(parts, loaded);
  if (result === null || (isStopping() && result.verdict === "again"))
    throw new Error("the process stops before the endpoint answered");
  const chance = (parts.random(1)[0] ?? 0) / 255;
  await recordAttempt(parts.database, loaded.delivery, result, { chance, newId: parts.newId });
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
