/** SQL of the queue of deliveries: the rows that are pending, by pod and endpoint. */
import { sql } from "kysely";
import { forwardingOf } from "../../../storage/clock-set-back.ts";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { HELD_COPIES_SECONDS } from "../../limits.ts";
import { LONGEST_RETRY_MS } from "./schedule.ts";

/** Deliveries that wait, for a pause of the schedule at most. */
export const waitingDeliveries = forwardingOf({
  table: "webhook_deliveries",
  key: sql`event_id, webhook_id`,
  waiting: sql.raw("d.state = 'pending'"),
  mostSeconds: LONGEST_RETRY_MS / 1000,
  thenSeconds: 0,
});

export interface DuePod {
  readonly podId: string;
  /** Whether they are deliveries to endpoints that fail. */
  readonly isFailing: boolean;
}

export async function listPodsWithDue(tx: Tx, scope: SystemScope, limit: number): Promise<DuePod[]> {
  const { rows } = await sql<DuePod>`
    select distinct d.pod_id as "podId", w.failing_since is not null or not w.enabled as "isFailing"
    from webhook_deliveries d join webhooks w on w.id = d.webhook_id
    where d.state = 'pending' and d.next_attempt_at <= now() limit ${limit}`.execute(tx.within(scope));
  return rows;
}

export interface DueSearch {
  readonly podId: string;
  /** Whether endpoints are meant that fail, or those that work. */
  readonly isFailing: boolean;
  /** Deliveries left out: attempts at them are under way. */
  readonly except: readonly { readonly eventId: string; readonly webhookId: string }[];
  /** Endpoints left out (UUID). */
  readonly exceptWebhooks: readonly string[];
  /** The endpoint (UUID) behind which the round begins. */
  readonly after: string;
  readonly limit: number;
}

export interface DueDelivery {
  readonly eventId: string;
  readonly webhookId: string;
  /** Number of the attempt that is due: 1 is the first. */
  readonly attempt: number;
  readonly messageUuid: string | null;
  readonly enabled: boolean;
  /** Whether the pod of the endpoint is suspended: its deliveries wait until that ends. */
  readonly isHeld: boolean;
}

/**
 * The oldest delivery of each endpoint in turn, then the next of each. Endpoints are found one from the other in the index, so
 * that ten thousand rows of one cost as little as one row. The state is in the text, where a prepared statement's plan can tell
 * that the index of pending rows serves it.
 *
 * None while nothing may be written, as on a standby: an attempt that cannot be recorded would be made over and over.
 */
export async function findDue(tx: Tx, scope: SystemScope, search: DueSearch): Promise<DueDelivery[]> {
  const { podId, isFailing, except, exceptWebhooks, after, limit } = search;
  const { rows } = await sql<DueDelivery>`
    with recursive endpoint as (
      (select webhook_id from webhook_deliveries where pod_id = ${podId} and state = 'pending'
        order by webhook_id limit 1)
      union all
      select (select d.webhook_id from webhook_deliveries d
        where d.pod_id = ${podId} and d.state = 'pending' and d.webhook_id > endpoint.webhook_id
        order by d.webhook_id limit 1)
      from endpoint where endpoint.webhook_id is not null)
    select due.event_id as "eventId", w.id as "webhookId", due.attempts + 1 as attempt, w.enabled,
      w.pod_id is not null and exists (select from pods where id = ${podId} and suspended_at is not null) as "isHeld",
      (select message_uuid from events where pod_id = ${podId} and id = due.event_id) as "messageUuid"
    from endpoint join webhooks w on w.id = endpoint.webhook_id
    cross join lateral (
      select d.event_id, d.attempts, row_number() over (order by d.next_attempt_at, d.event_id) as place
      from webhook_deliveries d
      where d.pod_id = ${podId} and d.webhook_id = w.id and d.state = 'pending' and d.next_attempt_at <= now()
        and (d.event_id, d.webhook_id) not in (select * from unnest(${except.map(({ eventId }) => eventId)}::uuid[],
          ${except.map(({ webhookId }) => webhookId)}::uuid[]))
      order by d.next_attempt_at, d.event_id limit ${limit}) as due
    where not pg_is_in_recovery() and current_setting('default_transaction_read_only') = 'off'
      and (w.failing_since is not null or not w.enabled) = ${isFailing} and w.id <> all (${[...exceptWebhooks]}::uuid[])
    order by due.place, w.id <= ${after}, w.id limit ${limit}`.execute(tx.within(scope));
  return rows;
}

/** Has a pod's deliveries to one of its endpoints wait, those that are due first: it is suspended. */
export async function holdDue(
  tx: Tx,
  scope: SystemScope,
  { podId, webhookId }: { readonly podId: string; readonly webhookId: string },
): Promise<void> {
  await sql`
    update webhook_deliveries set next_attempt_at = now() + make_interval(secs => ${HELD_COPIES_SECONDS})
    where pod_id = ${podId} and webhook_id = ${webhookId} and state = 'pending' and event_id in (
      select event_id from webhook_deliveries where pod_id = ${podId} and webhook_id = ${webhookId} and state = 'pending'
        and next_attempt_at <= now()
      order by next_attempt_at limit ${CHANGED_AT_ONCE})`.execute(tx.within(scope));
}

/** Deliveries held, or given up, in one statement. */
const CHANGED_AT_ONCE = 1000;

/** Gives up deliveries of a pod to an endpoint that is disabled, those that are due first: they will not be retried. */
export async function giveUpDisabled(
  tx: Tx,
  scope: SystemScope,
  { podId, webhookId }: { readonly podId: string; readonly webhookId: string },
  at: Date,
): Promise<void> {
  await sql`
    update webhook_deliveries as d set state = 'failed', next_attempt_at = null, updated_at = ${at}
    from webhooks w where w.id = d.webhook_id and not w.enabled and d.pod_id = ${podId} and d.webhook_id = ${webhookId}
      and d.state = 'pending' and d.event_id in (
        select event_id from webhook_deliveries where pod_id = ${podId} and webhook_id = ${webhookId} and state = 'pending'
        order by next_attempt_at limit ${CHANGED_AT_ONCE})`.execute(tx.within(scope));
}
