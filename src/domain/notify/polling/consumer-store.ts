/** SQL of consumers: how far each is, and what waits behind. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { isEventType } from "../../door/events.ts";
import { MAX_POLLING_LEASE_MS } from "../limits.ts";
import type { EventRow } from "../webhooks/index.ts";

export interface Consumer {
  readonly committed: number;
  readonly leasedTo: number;
  readonly isLeased: boolean;
}

/** Locks the subscription: one reads it at a time. @returns the number given out last; null when it was deleted */
export async function lockPolling(tx: Tx, scope: Scope, id: string): Promise<number | null> {
  const row = await tx
    .within(scope)
    .selectFrom("polling_webhooks")
    .where("id", "=", id)
    .select("last_position")
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row === undefined ? null : Number(row.last_position);
}

/** Numbers events that have none, the oldest first, behind `last`. @returns the last number then */
export async function numberEvents(
  tx: Tx,
  scope: Scope,
  { id, last, limit }: { readonly id: string; readonly last: number; readonly limit: number },
): Promise<number> {
  const { rows } = await sql<{ last: string | null }>`
    with fresh as (
      select pod_id, event_id, row_number() over (order by event_id) as place from (
        select pod_id, event_id from polling_events where webhook_id = ${id}::uuid and position is null
        order by event_id limit ${limit}) as found
    ), numbered as (
      update polling_events as e set position = ${last}::bigint + fresh.place from fresh
      where e.pod_id = fresh.pod_id and e.event_id = fresh.event_id and e.webhook_id = ${id}::uuid
      returning e.position)
    select max(position)::text as last from numbered`.execute(tx.within(scope));
  const reached = Number(rows[0]?.last ?? last);
  if (reached !== last)
    await sql`update polling_webhooks set last_position = ${reached}::bigint where id = ${id}::uuid`.execute(
      tx.within(scope),
    );
  return reached;
}

/** A lease that ends later than any can was given by a wrong clock of PostgreSQL's: it is over. */
export async function findConsumer(
  tx: Tx,
  scope: Scope,
  webhookId: string,
  consumerId: string,
): Promise<Consumer | null> {
  const { rows } = await sql<{ committed: string; leased_to: string; is_leased: boolean }>`
    select committed::text, leased_to::text,
      leased_until > now() and leased_until <= now() + make_interval(secs => ${MAX_POLLING_LEASE_MS / 1000}) as is_leased
    from polling_consumers
    where webhook_id = ${webhookId}::uuid and consumer_id = ${consumerId}`.execute(tx.within(scope));
  const [row] = rows;
  return row === undefined
    ? null
    : { committed: Number(row.committed), leasedTo: Number(row.leased_to), isLeased: row.is_leased };
}

export async function countConsumers(tx: Tx, scope: Scope, webhookId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from polling_consumers where webhook_id = ${webhookId}::uuid`.execute(
    tx.within(scope),
  );
  return rows[0]?.count ?? 0;
}

/** @param leaseDurationMs from now on; 0 ends it */
export async function saveConsumer(
  tx: Tx,
  scope: Scope,
  at: { readonly webhookId: string; readonly consumerId: string },
  {
    committed,
    leasedTo,
    leaseDurationMs,
  }: {
    readonly committed: number;
    readonly leasedTo: number;
    /** Null: the lease stays as long as it is. */
    readonly leaseDurationMs: number | null;
  },
): Promise<void> {
  const until = sql`now() + ${leaseDurationMs ?? 0}::float8 * interval '1 millisecond'`;
  await sql`
    insert into polling_consumers (webhook_id, consumer_id, organization_id, pod_id, inbox_id, committed, leased_to, leased_until)
    select id, ${at.consumerId}, organization_id, pod_id, inbox_id, ${committed}::bigint, ${leasedTo}::bigint, ${until}
    from polling_webhooks where id = ${at.webhookId}::uuid
    on conflict (webhook_id, consumer_id) do update set committed = excluded.committed, leased_to = excluded.leased_to,
      leased_until = ${leaseDurationMs === null ? sql`polling_consumers.leased_until` : until}`.execute(
    tx.within(scope),
  );
}

export interface NumberedEvent extends EventRow {
  readonly position: number;
}

/** Events with a number above `after`, in their order. */
export async function listNumbered(
  tx: Tx,
  scope: Scope,
  { id, after, limit }: { readonly id: string; readonly after: number; readonly limit: number },
): Promise<NumberedEvent[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("polling_events as p")
    .innerJoin("events as e", (join) =>
      join.onRef("e.pod_id", "=", "p.pod_id").onRef("e.id", "=", "p.event_id"),
    )
    .where("p.webhook_id", "=", id)
    .where("p.position", ">", String(after))
    .select(["p.position", "e.id", "e.type", "e.organization_id", "e.pod_id", "e.inbox_id"])
    .select(["e.message_uuid", "e.created_at", "e.data"])
    .orderBy("p.position")
    .limit(limit)
    .execute();
  return rows.flatMap((row) =>
    isEventType(row.type)
      ? [
          {
            position: Number(row.position),
            id: row.id,
            type: row.type,
            organizationId: row.organization_id,
            podId: row.pod_id,
            inboxId: row.inbox_id,
            messageUuid: row.message_uuid,
            at: row.created_at,
            // Cast: `data` is what an operation emitted.
            data: row.data as Readonly<Record<string, unknown>>,
          },
        ]
      : [],
  );
}
