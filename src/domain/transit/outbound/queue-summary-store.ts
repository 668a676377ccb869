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

/** A server's own reply begins with its codes. The counts first: to order all that waits by its age, for the sake of what is said of one, took most of the time. */
export async function sumQueue(tx: Tx, scope: Scope, at: Within, limit: number): Promise<QueuedDomain[]> {
  const waiting = sql`${within(scope, at)} and d.domain is not null and d.state in ('queued', 'sending', 'deferred')`;
  const { rows } = await sql<QueuedDomain>`
    select q.domain, q.queued, q.sending, q.deferred, q."oldestAt", q."nextAttemptAt", coalesce(
      (select d.detail from outbound_deliveries d where ${waiting} and d.domain = q.domain and d.detail is not null
        order by d.updated_at desc limit 1),
      (select case when starts_with(d.reply, d.reply_code::text) then d.reply
          else concat_ws(' ', d.reply_code, d.enhanced_code, d.reply) end from outbound_deliveries d
        where ${waiting} and d.domain = q.domain and d.reply is not null order by d.attempted_at desc limit 1)) as why
    from (select d.domain, count(*) as waiting,
        count(*) filter (where d.state = 'queued')::float8 as queued,
        count(*) filter (where d.state = 'sending')::float8 as sending,
        count(*) filter (where d.state = 'deferred')::float8 as deferred,
        min(d.created_at) as "oldestAt", min(d.next_attempt_at) as "nextAttemptAt"
      from outbound_deliveries d where ${waiting}
      group by d.domain order by count(*) desc, d.domain limit ${limit}) as q
    order by q.waiting desc, q.domain`.execute(tx.within(scope));
  return rows;
}
