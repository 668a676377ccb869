/** SQL of an inbox's standing: its rates of late, and what they led to. */
import { sql } from "kysely";
import { anyOf, insertion, type Tx, uuidArray } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import type { Counts } from "./standing-store.ts";

export interface InboxCounts extends Counts {
  readonly inboxId: string;
  /** Null: it is not suspended, or was until then. */
  readonly suspendedAt: Date | null;
  readonly suspendedUntil: Date | null;
  /** One sentence: which rate it was. */
  readonly reason: string | null;
}

/** What inboxes of a pod sent since then, without what was forgiven. Writes of this transaction count. */
export async function findRecentOf(
  tx: Tx,
  scope: Scope,
  podId: string,
  inboxIds: readonly string[],
  since: Date,
): Promise<InboxCounts[]> {
  const { rows } = await sql<InboxCounts>`
    select asked.inbox as "inboxId", counts.*, s.suspended_at as "suspendedAt", s.suspended_until as "suspendedUntil", s.reason
    from unnest(${[...inboxIds]}::uuid[]) as asked (inbox)
    left join outbound_inbox_standing s on s.pod_id = ${podId} and s.inbox_id = asked.inbox and s.suspended_until > now()
    left join outbound_inbox_standing f on f.pod_id = ${podId} and f.inbox_id = asked.inbox
    cross join lateral (
      select coalesce(sum(sent), 0)::float8 as sent, coalesce(sum(bounced), 0)::float8 as bounced,
        coalesce(sum(complained), 0)::float8 as complained
      from outbound_counts c where c.pod_id = ${podId} and c.inbox_id = asked.inbox
        and c.minute >= greatest(${since}::timestamptz, coalesce(f.counted_from, '-infinity'))) as counts`.execute(
    tx.within(scope),
  );
  return rows;
}

export interface Suspending {
  readonly inboxId: string;
  readonly reason: string;
}

/** What was counted until now does not count once it has ended. One whose inbox was deleted is left out. */
export async function suspendInboxes(
  tx: Tx,
  scope: Scope,
  podId: string,
  suspended: readonly Suspending[],
  { from, until }: { readonly from: Date; readonly until: Date },
): Promise<readonly string[]> {
  const there = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("pod_id", "=", podId)
    .where("id", "=", anyOf(suspended.map(({ inboxId }) => inboxId)))
    .select("id")
    .execute();
  const ids = new Set(there.map(({ id }) => id));
  const rows = suspended
    .filter(({ inboxId }) => ids.has(inboxId))
    .toSorted((a, b) => (a.inboxId < b.inboxId ? -1 : 1))
    .map(({ inboxId, reason }) => ({
      ...{ pod_id: podId, inbox_id: inboxId, organization_id: scope.organizationId, reason },
      ...{ suspended_at: from, suspended_until: until, counted_from: from },
    }));
  if (rows.length === 0) return [];
  await insertion(
    "outbound_inbox_standing",
    rows,
    sql`on conflict (pod_id, inbox_id) do update set suspended_at = excluded.suspended_at,
      suspended_until = excluded.suspended_until, reason = excluded.reason, counted_from = excluded.counted_from returning 1`,
  ).execute(tx.within(scope));
  return rows.map((row) => row.inbox_id);
}

/** Ends a suspension. */
export async function resumeInbox(
  tx: Tx,
  scope: Scope,
  podId: string,
  inboxId: string,
  now: Date,
): Promise<void> {
  await sql`
    update outbound_inbox_standing set suspended_at = null, suspended_until = null, reason = null, counted_from = ${now}
    where pod_id = ${podId} and inbox_id = ${inboxId}`.execute(tx.within(scope));
}

/** What waits because of it is due at once. */
export async function releaseHeldOf(tx: Tx, scope: AnyScope, podId: string, inboxId: string): Promise<void> {
  await sql`
    update outbound_deliveries as d set next_attempt_at = now(), detail = null
    where d.pod_id = ${podId} and d.inbox_id = ${inboxId} and d.domain is not null and d.state in ('queued', 'deferred')
      and d.next_attempt_at > now() and d.detail = 'sending to other servers is suspended for the inbox'`.execute(
    tx.within(scope),
  );
}

/** A pod, or an inbox, that may not write to other servers because of its rates. */
export interface SuspendedSender {
  readonly podId: string;
  /** Null: the whole pod. */
  readonly inboxId: string | null;
  readonly since: Date;
  readonly reason: string;
}

/** @param podIds whose they are; null: all of the scope @param most of pods, and of inboxes */
export async function findSuspendedSenders(
  tx: Tx,
  scope: Scope,
  podIds: readonly string[] | null,
  most: number,
): Promise<SuspendedSender[]> {
  const asked = podIds === null ? sql`true` : sql`pod_id = any (${uuidArray(podIds)})`;
  const { rows } = await sql<SuspendedSender>`
    (select pod_id as "podId", null::uuid as "inboxId", suspended_at as since, coalesce(reason, '') as reason from outbound_standing
      where organization_id = ${scope.organizationId} and ${asked} and suspended_at is not null limit ${most})
    union all
    (select pod_id, inbox_id, suspended_at, coalesce(reason, '') from outbound_inbox_standing
      where organization_id = ${scope.organizationId} and ${asked} and suspended_until > now() limit ${most})`.execute(
    tx.within(scope),
  );
  return rows;
}
