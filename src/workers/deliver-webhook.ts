/** Job: tell one endpoint of one event, and record how it went. Only our own failures throw; the queue repeats those. */
import { MAX_WEBHOOK_BODY_BYTES, WEBHOOK_RESPONSE_BYTES, WEBHOOK_TIMEOUT_MS } from "../domain/limits.ts";
import {
  type AttemptResult,
  deferDelivery,
  headersOf,
  type LoadedDelivery,
  loadDelivery,
  recordAttempt,
  SECRET_SEAL,
  type StoredEvent,
} from "../domain/webhooks/index.ts";
import type { Clock } from "../lib/clock.ts";
import type { Sealer } from "../lib/seal.ts";
import type { WebhookClient, WebhookOutcome } from "../outbound/webhook-client.ts";
import { webhookHeaders } from "../protocols/webhooks/signature.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/queue.ts";

export interface DeliverWebhookParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly client: WebhookClient;
  readonly random: (bytes: number) => Uint8Array;
  /** The body in the words of the facade the endpoint was made in; `slim` leaves the message's bodies out. Null: nothing to tell. */
  readonly presentEvent: (event: StoredEvent, slim: boolean) => object | null;
}

/**
 * @param lane `fast` leaves every endpoint that is known to fail to the slow lane, and with it the backlog that gathered
 * before it was known: in the fast lane a few dead endpoints would hold up all that work.
 */
export function deliverWebhookTask(parts: DeliverWebhookParts, lane: "fast" | "slow"): Task {
  return async ({ podId, eventId, webhookId, attempt = 1 }) => {
    const loaded = await loadDelivery(parts.database, {
      podId: String(podId),
      eventId: String(eventId),
      webhookId: String(webhookId),
      attempt: Number(attempt),
    });
    if (loaded === null) return;
    if (lane === "fast" && loaded.delivery.failingSince !== null)
      return deferDelivery(parts.database, loaded.delivery);
    const result = await makeAttempt(parts, loaded);
    await recordAttempt(parts.database, loaded.delivery, result, (parts.random(1)[0] ?? 0) / 255);
  };
}

function bodyOf(parts: DeliverWebhookParts, event: StoredEvent): string | null {
  const whole = parts.presentEvent(event, false);
  if (whole === null) return null;
  const body = JSON.stringify(whole);
  return Buffer.byteLength(body) <= MAX_WEBHOOK_BODY_BYTES
    ? body
    : JSON.stringify(parts.presentEvent(event, true));
}

async function makeAttempt(
  parts: DeliverWebhookParts,
  { delivery, event }: LoadedDelivery,
): Promise<AttemptResult> {
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
  const signed = webhookHeaders({
    secret: parts.sealer.open(delivery.secretSealed, SECRET_SEAL),
    // Constant over retries, so that a receiver can tell a repeat.
    id: `msg_${delivery.eventId.replaceAll("-", "")}`,
    timestampSeconds: Math.floor(at.getTime() / 1000),
    body,
  });
  const outcome = await parts.client.post({
    url: delivery.url,
    headers: { ...headersOf(parts, delivery), ...signed },
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
