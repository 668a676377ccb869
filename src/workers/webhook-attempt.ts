/** One attempt at a webhook delivery: the body is written and signed, posted, and what came of it recorded. */
import type { Warn } from "../domain/door/failures.ts";
import { WEBHOOK_TIMEOUT_MS } from "../domain/limits.ts";
import {
  type AttemptResult,
  eventText,
  type LoadedDelivery,
  recordAttempt,
  SECRET_SEAL,
  type WebhookFormat,
  webhookHeaders,
} from "../domain/notify/webhooks/index.ts";
import type { WebhookClient, WebhookOutcome } from "../egress/http/webhook-client.ts";
import type { Clock } from "../lib/clock.ts";
import type { Sealer } from "../lib/seal.ts";
import type { Database } from "../storage/db.ts";
import { WEBHOOK_RESPONSE_BYTES } from "./limits.ts";

export interface WebhookAttemptParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly sealer: Sealer;
  readonly client: WebhookClient;
  readonly random: (bytes: number) => Uint8Array;
  /** Body and signature, in the words of the dialect that the endpoint was made in. */
  readonly format: WebhookFormat;
  readonly warn: Warn;
  /** Told of each attempt that is on record, and how many milliseconds after its event it ended. */
  readonly onAttempt?: (verdict: AttemptResult["verdict"], afterMs: number) => void;
}

/** Tells the endpoint, and records how it went. @throws when we broke off, which is no failure of the endpoint's */
export async function makeAttempt(
  parts: WebhookAttemptParts,
  loaded: LoadedDelivery,
  isStopping: () => boolean,
): Promise<AttemptResult["verdict"]> {
  const result = isStopping() ? null : await tell(parts, loaded);
  if (result === null || (isStopping() && result.verdict === "again"))
    throw new Error("the process stops before the endpoint answered");
  const chance = (parts.random(1)[0] ?? 0) / 255;
  await recordAttempt(parts.database, loaded.delivery, result, { chance, newId: parts.newId });
  parts.onAttempt?.(result.verdict, result.at.getTime() - loaded.event.at.getTime());
  return result.verdict;
}

async function tell(
  parts: WebhookAttemptParts,
  { delivery, event, mayTell }: LoadedDelivery,
): Promise<AttemptResult> {
  const body = mayTell ? eventText(parts.format, event) : null;
  const at = parts.clock.now();
  if (body === null)
    return {
      verdict: "moot",
      status: null,
      outcome: "nothing_to_tell",
      detail: mayTell ? "message deleted" : "the key that made the endpoint may not read it",
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
