/** SQL of warm-ups: how much a pod sends from a domain that is new to sending. */
import { sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

export interface WarmUp {
  readonly domain: string;
  /** Whole days since the first one. */
  readonly days: number;
  readonly sentToday: number;
}

/** Locked until the commit, so that two processes do not grant the same twice. The days are PostgreSQL's, in UTC. */
export async function lockWarmUps(
  tx: Tx,
  scope: Scope,
  podId: string,
  domains: readonly string[],
): Promise<WarmUp[]> {
  const { rows } = await sql<WarmUp>`
    select domain, (now() at time zone 'UTC')::date - first_day as days,
      case when day = (now() at time zone 'UTC')::date then sent else 0 end as "sentToday"
    from outbound_warm_ups where pod_id = ${podId} and domain = ${anyOf(domains)} order by domain for update`.execute(
    tx.within(scope),
  );
  return rows;
}

export async function countWarmUps(
  tx: Tx,
  scope: Scope,
  podId: string,
  granted: ReadonlyMap<string, number>,
  now: Date,
): Promise<void> {
  const today = now.toISOString().slice(0, 10);
  const rows = [...granted].map(([domain, sent]) => ({
    pod_id: podId,
    domain,
    organization_id: scope.organizationId,
    first_day: today,
    day: today,
    sent,
  }));
  if (rows.length === 0) return;
  await insertion(
    "outbound_warm_ups",
    rows,
    sql`on conflict (pod_id, domain) do update set day = (now() at time zone 'UTC')::date,
      sent = excluded.sent + case when outbound_warm_ups.day = (now() at time zone 'UTC')::date
        then outbound_warm_ups.sent else 0 end
      returning 1`,
  ).execute(tx.within(scope));
}
