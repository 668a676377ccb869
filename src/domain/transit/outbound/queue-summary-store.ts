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

export async function sumQueue(tx: Tx, scope: Scope, at: Within, limit: number): Promise<QueuedDomain[]> {
  const { rows } = await sql<QueuedDomain>`
    select d.domain, count(*) filter (where d.state = 'queued')::float8 as queued,
      count(*) filter (where d.state = 'sending')::float8 as sending,
      count(*) filter (where d.state = 'deferred')::float8 as deferred,
      min(d.created_at) as "oldestAt", min(d.next_attempt_at) as "nextAttemptAt",
      coalesce(
        (array_agg(d.detail order by d.updated_at desc) filter (where d.detail is not null))[1],
        (array_agg(concat_ws(' ', d.reply_code, d.enhanced_code, d.reply) order by d.attempted_at desc)
          filter (where d.reply is not null))[1]) as why
    from outbound_deliveries d
    where ${within(scope, at)} and d.domain is not null and d.state in ('queued', 'sending', 'deferred')
    group by d.domain order by count(*) desc, d.domain limit ${limit}`.execute(tx.within(scope));
  return rows;
}
