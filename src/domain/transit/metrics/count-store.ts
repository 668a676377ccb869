/** SQL that counts events and usage by the hour. Run again it comes to the same: counts only grow. */
import { sql } from "kysely";
import { firstIdAt } from "../../../lib/uuid.ts";
import { inTheirPod, type Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
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

/** Writes down what inboxes, pods and the organization hold, of those that hold other than when it was written last. */
export async function noteUsage(tx: Tx, scope: SystemScope, organizationId: string, at: Date): Promise<void> {
  const db = tx.within(scope);
  const held = sql`count(*) as threads, coalesce(sum(message_count), 0) as messages, coalesce(sum(size), 0) as bytes`;
  const values = sql`coalesce(held.bytes, 0), coalesce(held.messages, 0), coalesce(held.threads, 0)`;
  const before = sql`coalesce(last.bytes, 0), coalesce(last.messages, 0), coalesce(last.threads, 0)`;
  await sql`
    insert into usage_history (pod_id, organization_id, inbox_id, at, bytes, messages, threads)
    select i.pod_id, i.organization_id, i.id, ${at}::timestamptz, ${values}
    from inboxes as i
    left join (select pod_id, inbox_id, ${held} from threads where organization_id = ${organizationId} group by 1, 2) as held
      on held.pod_id = i.pod_id and held.inbox_id = i.id
    left join lateral (select * from usage_history as h where h.pod_id = i.pod_id and h.inbox_id = i.id order by h.at desc limit 1)
      as last on true
    where i.organization_id = ${organizationId} and i.moving_to is null and i.moving_from is null
      and (${values}) is distinct from (${before})
    on conflict do nothing`.execute(db);
  await sql`
    insert into usage_history (pod_id, organization_id, at, bytes, messages, threads, inboxes, domains)
    select p.id, p.organization_id, ${at}::timestamptz, ${values}, coalesce(boxes.n, 0), coalesce(names.n, 0)
    from pods as p
    left join (select pod_id, ${held} from threads where organization_id = ${organizationId} group by 1) as held on held.pod_id = p.id
    left join (select pod_id, count(*) as n from inboxes where organization_id = ${organizationId} and moving_from is null group by 1)
      as boxes on boxes.pod_id = p.id
    left join (select pod_id, count(*) as n from domains where organization_id = ${organizationId} group by 1) as names
      on names.pod_id = p.id
    left join lateral (select * from usage_history as h where h.pod_id = p.id and h.inbox_id is null order by h.at desc limit 1)
      as last on true
    where p.organization_id = ${organizationId}
      and (${values}, coalesce(boxes.n, 0), coalesce(names.n, 0))
        is distinct from (${before}, coalesce(last.inboxes, 0), coalesce(last.domains, 0))
    on conflict do nothing`.execute(db);
  await sql`
    insert into organization_usage_history (organization_id, at, bytes, messages, threads, inboxes, domains, pods)
    select now.* from (
      select ${organizationId}::uuid, ${at}::timestamptz, held.bytes, held.messages, held.threads,
        (select count(*) from inboxes where organization_id = ${organizationId} and moving_from is null),
        (select count(*) from domains where organization_id = ${organizationId}),
        (select count(*) from pods where organization_id = ${organizationId} and deleting_at is null)
      from (select ${held} from threads where organization_id = ${organizationId}) as held
    ) as now (organization_id, at, bytes, messages, threads, inboxes, domains, pods)
    left join lateral (select * from organization_usage_history as h where h.organization_id = ${organizationId}
      order by h.at desc limit 1) as last on true
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
    where organization_id = ${organizationId} and at < ${before}::timestamptz and exists (
      select from usage_history as next where next.pod_id = h.pod_id and next.inbox_id is not distinct from h.inbox_id
        and next.at > h.at and next.at < ${before}::timestamptz)
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
  await sql`delete from ${sql.table(table)} where (pod_id, id) in (
      select * from unnest(${rows.map(({ podId }) => podId)}::uuid[], ${rows.map(({ id }) => id)}::uuid[]))
    and ${inTheirPod("pod_id", rows)}`.execute(tx.within(scope));
}
