/** SQL of deliveries: those that are pending, and every attempt. */
import { type Expression, type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Tables } from "../../../storage/tables.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { type EventType, eventTypes } from "../../door/events.ts";
import { WEBHOOK_DISABLE_DAYS } from "./limits.ts";

export interface DeliveryKey {
  readonly podId: string;
  readonly eventId: string;
  readonly webhookId: string;
}

/** One attempt to make. Its number makes one that is made twice harmless: the second finds it recorded. */
export interface DeliveryJob extends DeliveryKey {
  /** 1 is the first. */
  readonly attempt: number;
  /** Message that the event is about. */
  readonly messageUuid: string | null;
}

export interface PendingDelivery extends DeliveryJob {
  readonly organizationId: string;
  readonly inboxId: string | null;
  readonly url: string;
  readonly secretSealed: Buffer;
  readonly headersSealed: Buffer | null;
  readonly failingSince: Date | null;
  /** Attempts that the schedule does not count: those made before it was sent again. */
  readonly resentAfter: number;
  /** As SealedWebhook has it. */
  readonly lacked: readonly string[];
  readonly eventType: EventType;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** Null when there is nothing to do: attempted already, delivered, given up, or the endpoint was deleted or disabled. */
export async function findPendingDelivery(
  tx: Tx,
  scope: SystemScope,
  job: DeliveryJob,
): Promise<PendingDelivery | null> {
  const row = await tx
    .within(scope)
    .selectFrom("webhook_deliveries as d")
    .innerJoin("webhooks as w", "w.id", "d.webhook_id")
    .innerJoin("events as e", (join) =>
      join.onRef("e.pod_id", "=", "d.pod_id").onRef("e.id", "=", "d.event_id"),
    )
    .where("d.pod_id", "=", job.podId)
    .where("d.event_id", "=", job.eventId)
    .where("d.webhook_id", "=", job.webhookId)
    .where("d.state", "=", "pending")
    .where("d.attempts", "=", job.attempt - 1)
    .where("w.enabled", "=", true)
    .select([
      "d.organization_id",
      "d.inbox_id",
      "d.resent_after",
      "w.url",
      "w.secret_sealed",
      "w.headers_sealed",
      "w.failing_since",
      "w.lacked",
      "e.type",
      "e.data",
      "e.created_at",
    ])
    .executeTakeFirst();
  const eventType = eventTypes.find((type) => type === row?.type);
  if (row === undefined || eventType === undefined) return null;
  return {
    ...job,
    organizationId: row.organization_id,
    inboxId: row.inbox_id,
    url: row.url,
    secretSealed: row.secret_sealed,
    headersSealed: row.headers_sealed,
    failingSince: row.failing_since,
    resentAfter: row.resent_after,
    lacked: row.lacked,
    eventType,
    // Cast: `data` is what an operation emitted.
    data: row.data as Readonly<Record<string, unknown>>,
    at: row.created_at,
  };
}

/** Condition: the row is of this delivery, which waits for this attempt. */
const isWaiting =
  ({ podId, eventId, webhookId, attempt }: DeliveryJob) =>
  (row: ExpressionBuilder<Tables, "webhook_deliveries">): Expression<SqlBool> =>
    row.and({
      pod_id: podId,
      event_id: eventId,
      webhook_id: webhookId,
      state: "pending",
      attempts: attempt - 1,
    });

/** The time after `delayMs`, by PostgreSQL's clock. */
const dueAfter = (delayMs: number): RawBuilder<Date> =>
  sql<Date>`now() + ${delayMs}::float8 * interval '1 millisecond'`;

/** Makes a delivery that waits for this attempt due after `delayMs`. */
export async function postponeDelivery(
  tx: Tx,
  scope: SystemScope,
  job: DeliveryJob,
  delayMs: number,
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("webhook_deliveries")
    .set({ next_attempt_at: dueAfter(delayMs) })
    .where(isWaiting(job))
    .execute();
}

/** @returns false when the attempt was counted meanwhile, or the endpoint was deleted */
export async function lockPendingDelivery(tx: Tx, scope: SystemScope, job: DeliveryJob): Promise<boolean> {
  const row = await tx
    .within(scope)
    .selectFrom("webhook_deliveries")
    .where(isWaiting(job))
    .select("attempts")
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

export interface AttemptRow {
  readonly status: number | null;
  readonly outcome: string;
  readonly detail: string | null;
  readonly durationMs: number;
  readonly at: Date;
}

export async function insertAttempt(
  tx: Tx,
  scope: SystemScope,
  delivery: PendingDelivery,
  attempt: AttemptRow,
): Promise<void> {
  await tx
    .within(scope)
    .insertInto("webhook_attempts")
    .values({
      pod_id: delivery.podId,
      event_id: delivery.eventId,
      webhook_id: delivery.webhookId,
      attempt: delivery.attempt,
      organization_id: delivery.organizationId,
      inbox_id: delivery.inboxId,
      status: attempt.status,
      outcome: attempt.outcome,
      detail: attempt.detail,
      duration_ms: attempt.durationMs,
      created_at: attempt.at,
    })
    .execute();
}

export interface DeliveryChange {
  readonly state: "pending" | "delivered" | "failed";
  /** Until the next attempt; null: there is none. */
  readonly delayMs: number | null;
  readonly at: Date;
}

/**
 * Counts the attempt. One that failed of a delivery that was to be sent again meanwhile leaves it due: that was promised.
 * @returns false when it was counted before, or the endpoint was deleted meanwhile
 */
export async function updateDelivery(
  tx: Tx,
  scope: SystemScope,
  delivery: PendingDelivery,
  change: DeliveryChange,
): Promise<boolean> {
  const row = await tx
    .within(scope)
    .updateTable("webhook_deliveries")
    .set({
      state: unlessResent<string>(delivery, change, sql`'pending'`, sql`${change.state}`),
      attempts: delivery.attempt,
      next_attempt_at: unlessResent<Date>(
        delivery,
        change,
        sql`now()`,
        change.delayMs === null ? sql`null::timestamptz` : dueAfter(change.delayMs),
      ),
      updated_at: change.at,
    })
    .where(isWaiting(delivery))
    .returning("attempts")
    .executeTakeFirst();
  return row !== undefined;
}

/** A value of a delivery after an attempt, and the one that it has when it was to be sent again since the attempt began. */
function unlessResent<Value>(
  { resentAfter }: PendingDelivery,
  { state }: DeliveryChange,
  resent: RawBuilder<unknown>,
  otherwise: RawBuilder<unknown>,
): RawBuilder<Value> {
  if (state === "delivered") return sql<Value>`${otherwise}`;
  return sql<Value>`case when resent_after = ${resentAfter} then ${otherwise} else ${resent} end`;
}

/** Notes that an endpoint works. */
export async function clearFailing(tx: Tx, scope: SystemScope, webhookId: string): Promise<void> {
  await tx
    .within(scope)
    .updateTable("webhooks")
    .set({ failing_since: null })
    .where("id", "=", webhookId)
    .where("failing_since", "is not", null)
    .execute();
}

/**
 * Records that an endpoint fails; safe against concurrent records. Since when and for how long is by PostgreSQL's clock: by ours, a process
 * whose clock is ahead would switch endpoints off at their second failure.
 * @returns whether it is switched on and has done nothing but fail for WEBHOOK_DISABLE_DAYS
 */
export async function markFailing(tx: Tx, scope: SystemScope, webhookId: string): Promise<boolean> {
  const row = await tx
    .within(scope)
    .updateTable("webhooks")
    .set({ failing_since: sql<Date>`coalesce(failing_since, now())` })
    .where("id", "=", webhookId)
    .returning(
      sql<boolean>`enabled and failing_since <= now() - make_interval(hours => ${24 * WEBHOOK_DISABLE_DAYS})`.as(
        "is_given_up",
      ),
    )
    .executeTakeFirst();
  return row?.is_given_up ?? false;
}

/** Disables an endpoint. @returns its owner; null when it was deleted */
export async function disableWebhook(
  tx: Tx,
  scope: SystemScope,
  webhookId: string,
  at: Date,
): Promise<{ podId: string | null; inboxId: string | null } | null> {
  const row = await tx
    .within(scope)
    .updateTable("webhooks")
    .set({ enabled: false, updated_at: at })
    .where("id", "=", webhookId)
    .returning(["pod_id", "inbox_id"])
    .executeTakeFirst();
  return row === undefined ? null : { podId: row.pod_id, inboxId: row.inbox_id };
}
