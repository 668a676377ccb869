/** SQL of a pod's standing: its rates of late, and what they led to. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";

/** Recipients at other servers. */
export interface Counts {
  readonly sent: number;
  readonly bounced: number;
  readonly complained: number;
}

export interface Standing {
  readonly warnedAt: Date | null;
  readonly suspendedAt: Date | null;
  /** One sentence: which rate it was. */
  readonly reason: string | null;
}

/** What a pod sent in the last `windowMs`, without what was forgiven. Its own writes of this transaction count. */
export async function findRecent(
  tx: Tx,
  scope: Scope,
  podId: string,
  since: Date,
): Promise<Counts & Standing> {
  const { rows } = await sql<Counts & Standing>`
    select counts.*, s.warned_at as "warnedAt", s.suspended_at as "suspendedAt", s.reason
    from (select 1) as one left join outbound_standing s on s.pod_id = ${podId}
    cross join lateral (
      select coalesce(sum(sent), 0)::float8 as sent, coalesce(sum(bounced), 0)::float8 as bounced,
        coalesce(sum(complained), 0)::float8 as complained
      from outbound_counts c where c.pod_id = ${podId}
        and c.minute >= greatest(${since}::timestamptz, coalesce(s.counted_from, '-infinity'))) as counts`.execute(
    tx.within(scope),
  );
  return rows[0] ?? { sent: 0, bounced: 0, complained: 0, warnedAt: null, suspendedAt: null, reason: null };
}

/** What is set already keeps its time. */
export async function setStanding(
  tx: Tx,
  scope: Scope,
  podId: string,
  { isSuspended, reason, at }: { readonly isSuspended: boolean; readonly reason: string; readonly at: Date },
): Promise<void> {
  await sql`
    insert into outbound_standing as s (pod_id, organization_id, warned_at, suspended_at, reason)
    values (${podId}, ${scope.organizationId}, ${at}, ${isSuspended ? at : null}, ${reason})
    on conflict (pod_id) do update set warned_at = coalesce(s.warned_at, excluded.warned_at),
      suspended_at = coalesce(s.suspended_at, excluded.suspended_at),
      reason = case when s.suspended_at is null then excluded.reason else s.reason end
    returning 1`.execute(tx.within(scope));
}

/** Ends a suspension or a warning; what was counted until now is forgiven. @returns whether there was one */
export async function clearStanding(tx: Tx, scope: Scope, podId: string, at: Date): Promise<boolean> {
  const { rows } = await sql<{ pod_id: string }>`
    update outbound_standing set warned_at = null, suspended_at = null, reason = null, counted_from = ${at}
    where pod_id = ${podId} and warned_at is not null returning pod_id`.execute(tx.within(scope));
  return rows.length > 0;
}

/** What waits because of it is due at once. */
export async function releaseHeld(tx: Tx, scope: AnyScope, podId: string): Promise<void> {
  await sql`
    update outbound_deliveries as d set next_attempt_at = now(), detail = null
    where d.pod_id = ${podId} and d.domain is not null and d.state in ('queued', 'deferred')
      and d.next_attempt_at > now() and d.detail = 'sending to other servers is suspended for the pod'`.execute(
    tx.within(scope),
  );
}
