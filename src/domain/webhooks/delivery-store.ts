/** SQL of deliveries: what an endpoint is still to be told, and every attempt to tell it. */
import type { Tx } from "../../storage/db.ts";
import type { SystemScope } from "../access/index.ts";
import { type EventType, eventTypes } from "../events.ts";

export interface DeliveryKey {
  readonly podId: string;
  readonly eventId: string;
  readonly webhookId: string;
}

export interface PendingDelivery extends DeliveryKey {
  readonly organizationId: string;
  readonly inboxId: string | null;
  readonly inboxAddress: string | null;
  /** Attempts made so far. */
  readonly attempts: number;
  readonly url: string;
  readonly secretSealed: Buffer;
  readonly headersSealed: Buffer | null;
  readonly failingSince: Date | null;
  readonly eventType: EventType;
  readonly messageUuid: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** Null when there is nothing to do: told already, given up, or the endpoint is gone or switched off. */
export async function findPendingDelivery(
  tx: Tx,
  scope: SystemScope,
  key: DeliveryKey,
): Promise<PendingDelivery | null> {
  const row = await tx
    .within(scope)
    .selectFrom("webhook_deliveries as d")
    .innerJoin("webhooks as w", "w.id", "d.webhook_id")
    .innerJoin("events as e", (join) =>
      join.onRef("e.pod_id", "=", "d.pod_id").onRef("e.id", "=", "d.event_id"),
    )
    .leftJoin("inboxes as i", (join) =>
      join.onRef("i.pod_id", "=", "e.pod_id").onRef("i.id", "=", "e.inbox_id"),
    )
    .where("d.pod_id", "=", key.podId)
    .where("d.event_id", "=", key.eventId)
    .where("d.webhook_id", "=", key.webhookId)
    .where("d.state", "=", "pending")
    .where("w.enabled", "=", true)
    .select([
      "d.organization_id",
      "d.inbox_id",
      "i.address",
      "d.attempts",
      "w.url",
      "w.secret_sealed",
      "w.headers_sealed",
      "w.failing_since",
      "e.type",
      "e.message_uuid",
      "e.data",
      "e.created_at",
    ])
    .executeTakeFirst();
  const eventType = eventTypes.find((type) => type === row?.type);
  if (row === undefined || eventType === undefined) return null;
  return {
    ...key,
    organizationId: row.organization_id,
    inboxId: row.inbox_id,
    inboxAddress: row.address,
    attempts: row.attempts,
    url: row.url,
    secretSealed: row.secret_sealed,
    headersSealed: row.headers_sealed,
    failingSince: row.failing_since,
    eventType,
    messageUuid: row.message_uuid,
    // Decoder: `data` is what an operation emitted.
    data: row.data as Readonly<Record<string, unknown>>,
    at: row.created_at,
  };
}

export interface AttemptRow {
  readonly status: number | null;
  readonly outcome: string;
  readonly detail: string | null;
  readonly durationMs: number;
  readonly at: Date;
}

/** Counts an attempt once: a repeat after a crash finds the number taken. @returns false then */
export async function insertAttempt(
  tx: Tx,
  scope: SystemScope,
  delivery: PendingDelivery,
  attempt: AttemptRow,
): Promise<boolean> {
  const row = await tx
    .within(scope)
    .insertInto("webhook_attempts")
    .values({
      pod_id: delivery.podId,
      event_id: delivery.eventId,
      webhook_id: delivery.webhookId,
      attempt: delivery.attempts + 1,
      organization_id: delivery.organizationId,
      inbox_id: delivery.inboxId,
      status: attempt.status,
      outcome: attempt.outcome,
      detail: attempt.detail,
      duration_ms: attempt.durationMs,
      created_at: attempt.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("attempt")
    .executeTakeFirst();
  return row !== undefined;
}

export async function updateDelivery(
  tx: Tx,
  scope: SystemScope,
  delivery: PendingDelivery,
  change: {
    readonly state: "pending" | "delivered" | "failed";
    readonly nextAttemptAt: Date | null;
    readonly at: Date;
  },
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("webhook_deliveries")
    .set({
      state: change.state,
      attempts: delivery.attempts + 1,
      next_attempt_at: change.nextAttemptAt,
      updated_at: change.at,
    })
    .where("pod_id", "=", delivery.podId)
    .where("event_id", "=", delivery.eventId)
    .where("webhook_id", "=", delivery.webhookId)
    .execute();
}

/** Notes that an endpoint fails, or works again; `enabled: false` switches it off. */
export async function updateHealth(
  tx: Tx,
  scope: SystemScope,
  webhookId: string,
  failingSince: Date | null,
  enabled: boolean,
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("webhooks")
    .set({ failing_since: failingSince, enabled })
    .where("id", "=", webhookId)
    .execute();
}
