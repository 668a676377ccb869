/** SQL that counts events and usage by the hour. Run again it comes to the same: counts only grow. */
import { sql } from "kysely";
import { firstIdAt } from "../../../lib/uuid.ts";
import { byKey } from "../../../storage/by-key.ts";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { heldInFiles } from "../../mail/files/rows.ts";
import { heldBy } from "../../mail/storage/rows.ts";
import { metricEventTypes } from "./event-types.ts";
import type { Range } from "./range.ts";

export async function findCountedTo(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
): Promise<Date | null> {
  const row = await tx
    .within(scope)
    .selectFrom("organizations")
    .where("id", "=", organizationId)
    .select("counted_to")
    .executeTakeFirst();
  return row?.counted_to ?? null;
}

/** When the first event at or after `since` happened; null: there is none. */
export async function firstEventAt(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  since: Date,
): Promise<Date | null> {
  const row = await tx
    .within(scope)
    .selectFrom("events")
    .where("organization_id", "=", organizationId)
    .where("id", ">=", firstIdAt(since.getTime()))
    .select("created_at")
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
  return row?.created_at ?? null;
}

/** An id is drawn when its event is made, a little after the time that the event bears. */
const ID_SLACK_MS = 60_000;

/** Counts the events of these hours. Of an hour that is not over it counts what there is. */
export async function countHours(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  { start, end }: Range,
): Promise<void> {
  const db = tx.within(scope);
  await sql`
    insert into event_counts (pod_id, organization_id, inbox_id, hour, type, count)
    select pod_id, organization_id, inbox_id, date_trunc('hour', created_at, 'UTC'), type, count(*)
    from events
    where organization_id = ${organizationId} and id >= ${firstIdAt(start.getTime() - ID_SLACK_MS)}::uuid
      and id < ${firstIdAt(end.getTime() + ID_SLACK_MS)}::uuid
      and created_at >= ${start}::timestamptz and created_at < ${end}::timestamptz
      and type = any (${[...metricEventTypes]}::text[])
    group by 1, 2, 3, 4, 5
    on conflict (pod_id, inbox_id, hour, type) do update set count = excluded.count
    where event_counts.count < excluded.count`.execute(db);
  await sql`
    insert into organization_event_counts (organization_id, hour, type, count)
    select organization_id, hour, type, sum(count) from event_counts
    where organization_id = ${organizationId} and hour >= ${start}::timestamptz and hour < ${end}::timestamptz
    group by 1, 2, 3
    on conflict (organization_id, hour, type) do update set count = excluded.count
    where organization_event_counts.count < excluded.count`.execute(db);
}

/**
 * Makes one row of those that say what an inbox holds, counted anew from its threads. In one statement, which sees one moment: a row that is
 * added meanwhile is of mail that it does not see, or of mail that it saw in the queue, and stays. One at a time of an organization, or both
 * would add the row. Inboxes on their way to another pod are left as they are.
 */
export async function settleUsage(tx: Tx, scope: SystemScope, organizationId: string): Promise<void> {
  const db = tx.within(scope);
  const own = sql<boolean>`organization_id = ${organizationId}::uuid`;
  // No lock of its row: whoever changes a policy or a rule of it writes that, and would wait for seconds a million messages.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`usage ${organizationId}`}, 0))`.execute(db);
  await sql`
    with held as (
      select pod_id, inbox_id, sum(messages) as messages, sum(threads) as threads, sum(bytes) as bytes
      from (
        select pod_id, inbox_id, message_count as messages, 1 as threads, size as bytes, 0 as m, 0 as t, 0 as b, 0 as rows
        from threads where ${own}
        union all
        select pod_id, inbox_id, -messages, -threads, -bytes, 0, 0, 0, 0 from search_queue where ${own}
        union all
        select pod_id, inbox_id, 0, 0, 0, messages, threads, bytes, 1 from inbox_usage where ${own}
      ) as parts
      where (pod_id, inbox_id) in (
        select pod_id, id from inboxes where ${own} and moving_to is null and moving_from is null)
      group by pod_id, inbox_id
      having (sum(messages), sum(threads), sum(bytes)) is distinct from (sum(m), sum(t), sum(b)) or sum(rows) > 1),
    replaced as (
      delete from inbox_usage as u using held where u.pod_id = held.pod_id and u.inbox_id = held.inbox_id returning 1)
    insert into inbox_usage (pod_id, inbox_id, organization_id, messages, threads, bytes)
    select pod_id, inbox_id, ${organizationId}::uuid, messages, threads, bytes from held
    where (messages, threads, bytes) is distinct from (0, 0, 0)
    returning 1`.execute(db);
}

/**
 * Writes down what inboxes, pods and the organization hold, of those that hold other than when it was written last: what is there less what was
 * written, summed, as joining the two would depend on how many rows PostgreSQL expects of either.
 */
export async function noteUsage(tx: Tx, scope: SystemScope, organizationId: string, at: Date): Promise<void> {
  const db = tx.within(scope);
  const own = sql<boolean>`organization_id = ${organizationId}::uuid`;
  const all = sql`${heldBy(own)} union all ${heldInFiles(own, at)}`;
  await sql`
    insert into usage_history (pod_id, organization_id, inbox_id, at, bytes, messages, threads)
    select pod_id, ${organizationId}::uuid, inbox_id, ${at}::timestamptz, sum(bytes), sum(messages), sum(threads)
    from (
      select pod_id, inbox_id, bytes, messages, threads, 0 as b, 0 as m, 0 as t from (${all}) as held
      union all
      select i.pod_id, i.id, 0, 0, 0, last.bytes, last.messages, last.threads
      from inboxes as i cross join lateral (
        select * from usage_history as h where h.pod_id = i.pod_id and h.inbox_id = i.id order by h.at desc limit 1) as last
      where i.${own}
    ) as parts
    where inbox_id <> all (array(select id from inboxes where ${own} and moving_to is not null))
    group by pod_id, inbox_id
    having (sum(bytes), sum(messages), sum(threads)) is distinct from (sum(b), sum(m), sum(t))
    on conflict do nothing`.execute(db);
  await sql`
    insert into usage_history (pod_id, organization_id, at, bytes, messages, threads, inboxes, domains)
    select pod_id, ${organizationId}::uuid, ${at}::timestamptz, sum(bytes), sum(messages), sum(threads), sum(inboxes), sum(domains)
    from (
      select pod_id, bytes, messages, threads, 0 as inboxes, 0 as domains, 0 as b, 0 as m, 0 as t, 0 as i, 0 as d
      from (${all}) as held
      union all
      select pod_id, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 from inboxes where ${own} and moving_from is null
      union all
      select pod_id, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0 from domains where ${own} and pod_id is not null
      union all
      select p.id, 0, 0, 0, 0, 0, last.bytes, last.messages, last.threads, last.inboxes, last.domains
      from pods as p cross join lateral (
        select * from usage_history as h where h.pod_id = p.id and h.inbox_id is null order by h.at desc limit 1) as last
      where p.${own}
    ) as parts
    group by pod_id
    having (sum(bytes), sum(messages), sum(threads), sum(inboxes), sum(domains)) is distinct from (sum(b), sum(m), sum(t), sum(i), sum(d))
    on conflict do nothing`.execute(db);
  await sql`
    insert into organization_usage_history (organization_id, at, bytes, messages, threads, inboxes, domains, pods)
    select now.* from (
      select ${organizationId}::uuid, ${at}::timestamptz, held.bytes, held.messages, held.threads,
        (select count(*) from inboxes where ${own} and moving_from is null),
        (select count(*) from domains where ${own}),
        (select count(*) from pods where ${own} and deleting_at is null)
      from (select coalesce(sum(bytes), 0) as bytes, coalesce(sum(messages), 0) as messages, coalesce(sum(threads), 0) as threads
        from (${all}) as parts) as held
    ) as now (organization_id, at, bytes, messages, threads, inboxes, domains, pods)
    left join lateral (select * from organization_usage_history as h where h.${own} order by h.at desc limit 1) as last on true
    where (now.bytes, now.messages, now.threads, now.inboxes, now.domains, now.pods)
      is distinct from (last.bytes, last.messages, last.threads, last.inboxes, last.domains, last.pods)
    on conflict do nothing`.execute(db);
}

/** Says how far events are counted, and from when on they are there. */
export async function setCounted(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  to: Date,
  eventsFrom: Date | null,
): Promise<void> {
  await sql`update organizations set counted_to = ${to}, events_from = greatest(events_from, ${eventsFrom}::timestamptz)
    where id = ${organizationId}`.execute(tx.within(scope));
}

/** Deletes up to `limit` hours from before then. @returns how many */
export async function deleteOldHours(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  before: Date,
  limit: number,
): Promise<number> {
  const db = tx.within(scope);
  const old = await sql<{ podId: string; id: string }>`
    select pod_id as "podId", id from event_counts where organization_id = ${organizationId} and hour < ${before}::timestamptz
    limit ${limit}`.execute(db);
  await deleteRows(tx, scope, "event_counts", old.rows);
  await sql`delete from organization_event_counts where organization_id = ${organizationId} and hour < ${before}::timestamptz`.execute(
    db,
  );
  return old.rows.length;
}

/** The same of usage; of what was the last before then it leaves one, which holds until the next. @returns how many */
export async function deleteOldUsage(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  before: Date,
  limit: number,
): Promise<number> {
  const db = tx.within(scope);
  const old = await sql<{ podId: string; id: string }>`
    select pod_id as "podId", id from usage_history as h
    where organization_id = ${organizationId} and at < ${before}::timestamptz and (exists (
        select from usage_history as next where next.pod_id = h.pod_id and next.inbox_id = h.inbox_id
          and next.at > h.at and next.at < ${before}::timestamptz)
      or h.inbox_id is null and exists (
        select from usage_history as next where next.pod_id = h.pod_id and next.inbox_id is null
          and next.at > h.at and next.at < ${before}::timestamptz))
    limit ${limit}`.execute(db);
  await deleteRows(tx, scope, "usage_history", old.rows);
  await sql`delete from organization_usage_history where organization_id = ${organizationId} and at < (
    select max(at) from organization_usage_history where organization_id = ${organizationId} and at < ${before}::timestamptz)`.execute(
    db,
  );
  return old.rows.length;
}

async function deleteRows(
  tx: Tx,
  scope: SystemScope,
  table: "event_counts" | "usage_history",
  rows: readonly { readonly podId: string; readonly id: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql`delete from ${sql.table(table)} where ${byKey(table, rows)}`.execute(tx.within(scope));
}
