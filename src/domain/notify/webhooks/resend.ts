/** Sending again what an endpoint was sent, or failed to take: one event, or all that failed for a while. */
import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { requireWebhook } from "./get.ts";
import { MAX_RECOVERED } from "./limits.ts";
import { firstEventAt, type NamedSent, requireSent } from "./sent.ts";
import type { SentEvent } from "./sent-event.ts";
import { findFailed, makeDueAgain, recoverFailed } from "./sent-store.ts";
import type { SealedWebhook } from "./store.ts";

/** @throws Failure object.conflict: what is due to a disabled endpoint is given up, so that it would be promised and never sent */
function requireEnabled({ enabled }: Pick<SealedWebhook, "enabled">): void {
  if (!enabled)
    throw fail("object.conflict", {
      message: "The webhook is disabled",
      hint: says`Update it with ${field("enabled")}: true, then send again what it missed.`,
    });
}

/**
 * Has an event sent to an endpoint once more, at once and, should that fail, as often as a new one; under its id, signed anew. One that is
 * still to be sent does not wait for its time. While its first attempt is under way, that attempt is the one.
 */
export const resendEvent = operation({
  name: "webhook.resend",
  needs: ["webhook_update", "message_read"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "object.conflict"],
  async run(context, { id, eventId }: NamedSent): Promise<SentEvent> {
    const { tx, scope, now } = context;
    const webhook = await requireWebhook(context, id);
    context.target(webhook.id);
    const { podId } = await requireSent(context, webhook.id, eventId);
    requireEnabled(webhook);
    await makeDueAgain(tx, scope, { podId, eventId, webhookId: webhook.id }, now);
    // It works or it fails, and who looks for the one leaves the other.
    for (const kind of ["webhooks", "retries"] as const)
      tx.beforeCommit(tx.notify(DUE_CHANNEL, dueNotice(kind, podId)));
    return requireSent(context, webhook.id, eventId);
  },
});

export interface RecoverWebhook {
  /** Of the endpoint. */
  readonly id: string;
  /** Events from then on. */
  readonly since: Date;
  /** Those before then; absent: until now. */
  readonly until?: Date;
}

export interface Recovered {
  /** Deliveries that are made again. */
  readonly count: number;
  /** More failed then: the same call once more has the next ones sent. */
  readonly hasMore: boolean;
}

/**
 * Has what an endpoint failed to take in a while sent again, the oldest first, MAX_RECOVERED at most. What is on its way again has not failed,
 * so that a second call adds none twice.
 */
export const recoverWebhook = operation({
  name: "webhook.recover",
  needs: ["webhook_update"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "object.conflict"],
  check({ id, since, until }: RecoverWebhook) {
    if (until !== undefined && until <= since)
      throw invalid(["until"], says`${field("until")} must be after ${field("since")}`);
    return { id, since, until };
  },
  async run(context, { id, since, until }): Promise<Recovered> {
    const { tx, scope, now } = context;
    const webhook = await requireWebhook(context, id);
    context.target(webhook.id);
    requireEnabled(webhook);
    const found = await findFailed(tx, scope, webhook.id, {
      from: firstEventAt(since),
      before: firstEventAt(until ?? now),
      limit: MAX_RECOVERED + 1,
    });
    const count = await recoverFailed(tx, scope, webhook.id, found.slice(0, MAX_RECOVERED), now);
    return { count, hasMore: found.length > MAX_RECOVERED };
  },
});
