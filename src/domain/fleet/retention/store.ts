/**
 * SQL that deletes old rows. Each statement that deletes names the pod of the rows, and reads an index in the order of time: ids of
 * events are UUIDs of version 7, so that a moment is a bound on them.
 */
import { sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";

/** What goes: rows older than these. Null: none. */
export interface Bounds {
  /** First id that is kept. */
  readonly eventId: string | null;
  /** The same of evaluations of rules. */
  readonly evaluationId: string | null;
  readonly idempotencyKeys: Date;
  readonly outboundCounts: Date;
  /** Files that had ended then. */
  readonly files: Date;
}

export interface DuePod {
  readonly id: string;
  readonly has_old_events: boolean;
  readonly has_old_keys: boolean;
  readonly has_old_evaluations: boolean;
  readonly has_old_counts: boolean;
  readonly has_ended_files: boolean;
}

/** The next pods by their id, and what of each is old. */
export async function nextPods(
  tx: Tx,
  scope: SystemScope,
  after: string,
  bounds: Bounds,
  limit: number,
): Promise<DuePod[]> {
  const { rows } = await sql<DuePod>`
    select p.id,
      exists (select from events e where e.pod_id = p.id and e.id < ${bounds.eventId}::uuid) as has_old_events,
      exists (select from idempotency_keys k where k.pod_id = p.id and k.created_at < ${bounds.idempotencyKeys}) as has_old_keys,
      exists (select from inboxes i where i.pod_id = p.id and exists (select from rule_evaluations r
        where r.pod_id = p.id and r.inbox_id = i.id and r.id < ${bounds.evaluationId}::uuid)) as has_old_evaluations,
      exists (select from outbound_counts c where c.pod_id = p.id and c.minute < ${bounds.outboundCounts}) as has_old_counts,
      exists (select from files f where f.pod_id = p.id and f.ends_at < 'infinity' and f.ends_at <= ${bounds.files}) as has_ended_files
    from pods p where p.id > ${after}::uuid order by p.id limit ${limit}`.execute(tx.within(scope));
  return rows;
}

/** Deletes up to `limit` counts of what was sent to other servers. @returns how many */
export async function deleteOldCounts(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  before: Date,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from outbound_counts where pod_id = ${podId}::uuid and (inbox_id, minute) in (
      select inbox_id, minute from outbound_counts where pod_id = ${podId}::uuid and minute < ${before}
      order by minute limit ${limit})`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}

/** Inboxes that are deleted and have events. One look at the index for each inbox of the pod, however many events there are. */
export async function findGoneInboxes(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ inbox_id: string }>`
    with recursive named as (
      (select inbox_id from events where pod_id = ${podId}::uuid and inbox_id is not null order by inbox_id limit 1)
      union all
      select (select e.inbox_id from events e where e.pod_id = ${podId}::uuid and e.inbox_id > named.inbox_id
        order by e.inbox_id limit 1)
      from named where named.inbox_id is not null
    )
    select inbox_id from named
    where inbox_id is not null
      and not exists (select from inboxes i where i.pod_id = ${podId}::uuid and i.id = named.inbox_id)
    limit ${limit}`.execute(tx.within(scope));
  return rows.map((row) => row.inbox_id);
}

/** Events with a delivery that is still to be made are kept, however old: what was promised to an endpoint is delivered first. */
const settled = sql`not exists (select from webhook_deliveries d
  where d.pod_id = e.pod_id and d.event_id = e.id and d.state = 'pending')`;

/** With their deliveries and attempts. @returns how many events were deleted */
export async function deleteOldEvents(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  firstKept: string,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from events where pod_id = ${podId}::uuid and id = any (array(
      select e.id from events e where e.pod_id = ${podId}::uuid and e.id < ${firstKept}::uuid and ${settled}
      order by e.id limit ${limit}))`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}

/** Evaluations of rules, inbox by inbox in the order of their index. @returns how many were deleted */
export async function deleteOldEvaluations(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  firstKept: string,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from rule_evaluations where pod_id = ${podId}::uuid and (inbox_id, id) in (
      select old.inbox_id, old.id from inboxes i cross join lateral (
        select r.inbox_id, r.id from rule_evaluations r
        where r.pod_id = ${podId}::uuid and r.inbox_id = i.id and r.id < ${firstKept}::uuid order by r.id limit ${limit}) as old
      where i.pod_id = ${podId}::uuid limit ${limit})`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}

/** The same of the events of these inboxes. */
export async function deleteEventsOf(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  inboxIds: readonly string[],
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from events where pod_id = ${podId}::uuid and id = any (array(
      select e.id from events e where e.pod_id = ${podId}::uuid and e.inbox_id = any (${[...inboxIds]}::uuid[]) and ${settled}
      limit ${limit}))`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}

export async function deleteOldKeys(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  before: Date,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from idempotency_keys where pod_id = ${podId}::uuid and (inbox_id, key) in (
      select inbox_id, key from idempotency_keys where pod_id = ${podId}::uuid and created_at < ${before}
      order by created_at limit ${limit})`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}

/** Keys of an organization that expired before then. Their table is on every node of a cluster, so their ids are read first. */
export async function deleteExpiredApiKeys(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  before: Date,
  limit: number,
): Promise<number> {
  const db = tx.within(scope);
  const expired = await db
    .selectFrom("api_keys")
    .where("organization_id", "=", organizationId)
    .where("expires_at", "<", before)
    .select("id")
    .orderBy("expires_at")
    .limit(limit)
    .execute();
  if (expired.length === 0) return 0;
  const ids = expired.map(({ id }) => id);
  await db.deleteFrom("api_keys").where("id", "=", anyOf(ids)).execute();
  return ids.length;
}

/** Receipts of an organization that nobody can use: none of their keys and webhooks is there any more, or unconfirmed under it, as the next apply replaced them. */
export async function deleteSpentReceipts(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  limit: number,
): Promise<number> {
  const db = tx.within(scope);
  const { rows } = await sql<{ id: string }>`select id from key_receipts as r
    where organization_id = ${organizationId}::uuid and not exists (select from api_keys as k where k.id = any (r.key_ids))
      and not exists (select from webhooks as w where w.id = any (r.webhook_ids))
    limit ${limit}`.execute(db);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  await db
    .deleteFrom("key_receipts")
    .where("organization_id", "=", organizationId)
    .where("id", "=", anyOf(ids))
    .execute();
  return ids.length;
}

/** Organizations of the installation, at most `limit`. */
export async function listOrganizationIds(tx: Tx, scope: SystemScope, limit: number): Promise<string[]> {
  const rows = await tx.within(scope).selectFrom("organizations").select("id").limit(limit).execute();
  return rows.map(({ id }) => id);
}

/** Of all pods of an organization, deleted ones as well. */
export async function deleteOldAudit(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  before: Date,
  limit: number,
): Promise<number> {
  const db = tx.within(scope);
  const old = await db
    .selectFrom("audit")
    .where("organization_id", "=", organizationId)
    .where("created_at", "<", before)
    .select(["pod_id", "id"])
    .orderBy("created_at")
    .orderBy("id")
    .limit(limit)
    .execute();
  if (old.length === 0) return 0;
  const keys = old.map((row) => ({ podId: row.pod_id, id: row.id }));
  await sql`delete from audit where ${byKey("audit", keys)}`.execute(db);
  return old.length;
}
