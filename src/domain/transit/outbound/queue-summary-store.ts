/** SQL that sums up what waits for other servers. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { type Within, within } from "./list-store.ts";

export interface QueuedDomain {
  readonly domain: string;
  /** Not tried yet. */
  readonly queued: number;
  readonly sending: number;
  readonly deferred: number;
  /** Since when the one waits that waits longest. */
  readonly oldestAt: Date;
  /** When the next one is due. */
  readonly nextAttemptAt: Date;
  /** What is said of the one that was tried last, or held last. */
  readonly why: string | null;
}

/** A server's own reply begins with its codes. What waits is read once, for all domains: it is much when servers are down. */
export async function sumQueue(tx: Tx, scope: Scope, at: Within, limit: number): Promise<QueuedDomain[]> {
  const { rows } = await sql<QueuedDomain>`
    with waiting as materialized (
      select d.domain, d.state, d.created_at, d.next_attempt_at, d.detail, d.updated_at, d.attempted_at, d.reply, d.reply_code, d.enhanced_code
      from outbound_deliveries d
      where ${within(scope, at)} and d.domain is not null and d.state in ('queued', 'sending', 'deferred')
    ), held as (
      select distinct on (domain) domain, detail from waiting where detail is not null order by domain, updated_at desc
    ), replied as (
      select distinct on (domain) domain, case when starts_with(reply, reply_code::text) then reply
          else concat_ws(' ', reply_code, enhanced_code, reply) end as reply
      from waiting where reply is not null order by domain, attempted_at desc)
    select q.domain, q.queued, q.sending, q.deferred, q."oldestAt", q."nextAttemptAt", coalesce(held.detail, replied.reply) as why
    from (select domain, count(*) as waiting,
        count(*) filter (where state = 'queued')::float8 as queued,
        count(*) filter (where state = 'sending')::float8 as sending,
        count(*) filter (where state = 'deferred')::float8 as deferred,
        min(created_at) as "oldestAt", min(next_attempt_at) as "nextAttemptAt"
      from waiting group by domain order by count(*) desc, domain limit ${limit}) as q
    left join held using (domain) left join replied using (domain)
    order by q.waiting desc, q.domain`.execute(tx.within(scope));
  return rows;
}
