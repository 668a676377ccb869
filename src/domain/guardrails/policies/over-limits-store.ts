/** SQL of inboxes that are over their limits. */
import { type RawBuilder, sql } from "kysely";
import { type Tx, uuidArray } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

/** Limits of a day or longer. */
export const longCaps = ["sentPerDay", "sentPerThirtyDays", "receivedPerDay", "storageBytes"] as const;

type LongCap = (typeof longCaps)[number];

/** Null: nothing bounds it. */
export interface LongCaps extends Readonly<Record<LongCap, number | null>> {
  /** Null: of pods without a policy. */
  readonly policyId: string | null;
}

export interface OverLimitRow {
  readonly inboxId: string;
  readonly name: LongCap;
  readonly count: number;
  readonly used: number;
  readonly resetAt: Date | null;
}

/** An inbox that is asked about, with what is known of its pod. */
export interface AskedInbox {
  readonly id: string;
  readonly podId: string;
  readonly policyId: string | null;
  /** Of the guardrails in force. */
  readonly guardrailsVersion: string;
}

export interface OverLimitQuery {
  readonly caps: readonly LongCaps[];
  /** Null: all that the scope has. */
  readonly asked: readonly AskedInbox[] | null;
  readonly now: Date;
  readonly most: number;
}

/** Stands for no policy: the ids of policies are UUIDs of version 7. */
const NO_POLICY = "00000000-0000-0000-0000-000000000000";

/**
 * Reads the counts of the inboxes that are asked about, and of no others. What an inbox holds is known as long as it was counted under
 * the guardrails in force: after they changed the next mail counts it anew, taken or not, and until then it passes for not full, at RCPT as well.
 */
export async function findOverLimitRows(
  tx: Tx,
  scope: Scope,
  { caps, asked, now, most }: OverLimitQuery,
): Promise<OverLimitRow[]> {
  const column = (name: keyof LongCaps): RawBuilder<unknown> =>
    sql`${caps.map((one) => (name === "policyId" ? (one.policyId ?? NO_POLICY) : one[name]))}`;
  // What is known of the pods is not read again: that took half the time of this.
  const inForce =
    asked === null
      ? sql`(select p.id, null::uuid, p.policy_id, o.guardrails_version || '.' || p.guardrails_version
          from pods as p join organizations as o on o.id = p.organization_id where p.organization_id = ${scope.organizationId})`
      : sql`unnest(${uuidArray(asked.map(({ podId }) => podId))}, ${uuidArray(asked.map(({ id }) => id))},
          ${asked.map(({ policyId }) => policyId)}::uuid[], ${asked.map(({ guardrailsVersion }) => guardrailsVersion)}::text[])`;
  // By the whole key of each inbox at once: looked for in its pod alone, one of a pod of 10,000 is looked for among all of them.
  const joined = (counts: string): RawBuilder<unknown> =>
    sql`join ${sql.table(counts)} as n on n.pod_id = l.pod_id ${asked === null ? sql`` : sql`and n.inbox_id = l.inbox_id`}`;
  const today = sql`(${now}::timestamptz at time zone 'UTC')::date`;
  const query = sql<{
    inbox_id: string;
    name: LongCap;
    count: string;
    used: string;
    resets_at: Date | null;
  }>`
    with caps as (
      select * from unnest(${column("policyId")}::uuid[], ${column("sentPerDay")}::bigint[], ${column("sentPerThirtyDays")}::bigint[],
        ${column("receivedPerDay")}::bigint[], ${column("storageBytes")}::bigint[])
        as c (policy_id, per_day, per_thirty_days, received, storage)
    ), limited as materialized (
      select i.pod_id, i.inbox_id, i.version, c.* from ${inForce} as i (pod_id, inbox_id, policy_id, version)
      join caps as c on c.policy_id = coalesce(i.policy_id, ${NO_POLICY}::uuid)
    )
    select n.inbox_id, e.exceeded as name, case e.exceeded when 'sentPerDay' then l.per_day else l.per_thirty_days end as count,
      e.used, e.resets_at
    from limited as l ${joined("send_counts")},
      lateral rookery_exceeded(rookery_sends_at(n, ${now}::timestamptz), null, null, null, l.per_day, l.per_thirty_days, 0, null) as e
    where e.exceeded is not null and ((n.day >= ${today} and n.sent >= l.per_day) or l.per_thirty_days is not null)
    union all
    select n.inbox_id, 'receivedPerDay', l.received, n.received, ((n.day + 1)::timestamp) at time zone 'UTC'
    from limited as l ${joined("receive_counts")}
    where n.day >= ${today} and n.received >= l.received
    union all
    select n.inbox_id, 'storageBytes', l.storage, n.bytes, null
    from limited as l ${joined("storage_counts")}
    where n.version = l.version and n.bytes >= l.storage
    limit ${most}`;
  const run = () => query.execute(tx.within(scope));
  const { rows } = await (asked === null ? run() : tx.withKeptPlans(run));
  return rows.map((row) => ({
    inboxId: row.inbox_id,
    name: row.name,
    count: Number(row.count),
    used: Number(row.used),
    resetAt: row.resets_at,
  }));
}
