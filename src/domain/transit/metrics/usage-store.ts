/** SQL of what is held, now and at times before. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { heldInFiles } from "../../mail/files/rows.ts";
import { ofScope } from "./rows.ts";

/** What a scope holds; 0 for what its level does not have. */
export interface Usage {
  /** Octets of raw messages and of files. */
  readonly bytes: number;
  readonly messages: number;
  readonly threads: number;
  readonly inboxes: number;
  readonly domains: number;
  readonly pods: number;
}

/** What the scope of the transaction holds. @param scope the same @param now files that have ended by then are not counted */
export async function measureUsage(tx: Tx, scope: Scope, now: Date): Promise<Usage> {
  const { rows } = await sql<Usage>`
    select (bytes + (select coalesce(sum(bytes), 0) from (${heldInFiles(ofScope(scope), now)}) as files))::float8 as bytes, messages::float8 as messages, threads::float8 as threads, inboxes::float8 as inboxes,
      rookery_domain_count()::float8 as domains,
      (select count(*) from pods where ${ofPods(scope)} and deleting_at is null)::float8 as pods
    from rookery_held()`.execute(tx.within(scope));
  return rows[0] ?? noUsage;
}

export const noUsage: Usage = { bytes: 0, messages: 0, threads: 0, inboxes: 0, domains: 0, pods: 0 };

const ofPods = ({ organizationId, podId }: Scope) =>
  podId !== null ? sql`id = ${podId}` : sql`organization_id = ${organizationId}`;

/** What the scope held at each of these times, as it was counted last before them; nothing where it was not counted yet. */
export async function usageAt(tx: Tx, scope: Scope, times: readonly Date[]): Promise<Usage[]> {
  const history =
    scope.podId === null
      ? sql`select bytes, messages, threads, inboxes, domains, pods from organization_usage_history where ${ofScope(scope)}`
      : sql`select bytes, messages, threads, inboxes, domains, 0 as pods from usage_history
          where pod_id = ${scope.podId} and ${scope.inboxId === null ? sql`inbox_id is null` : sql`inbox_id = ${scope.inboxId}`}`;
  // As the index has them: to the planner a column that IS NULL may differ from row to row, and it would sort all that a pod's inboxes held.
  const newest = scope.podId === null ? sql`order by at desc` : sql`order by inbox_id desc, at desc`;
  const of = (name: string) => sql`coalesce(held.${sql.ref(name)}, 0)::float8 as ${sql.ref(name)}`;
  const { rows } = await sql<Usage>`
    select ${sql.join(["bytes", "messages", "threads", "inboxes", "domains", "pods"].map(of))}
    from unnest(${times.map((at) => at.toISOString())}::timestamptz[]) with ordinality as asked (time, place)
    left join lateral (${history} and at <= asked.time ${newest} limit 1) as held on true
    order by place`.execute(tx.within(scope));
  return rows;
}
