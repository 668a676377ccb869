/** SQL of the one reader of events that a process has, and of what a socket missed. */
import { type RawBuilder, sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { Scope, SystemScope } from "../../door/access/index.ts";
import { isEventType } from "../../door/events.ts";
import type { FeedEvent } from "./event.ts";
import type { Unseen } from "./snapshot.ts";
import type { Listening } from "./subscription.ts";

/** PostgreSQL's name of the channel on which rookery_offer announces that there are events. */
export const FEED_CHANNEL = "rookery_events";

interface Row {
  readonly id: string;
  readonly type: string;
  readonly organization_id: string;
  readonly pod_id: string;
  readonly inbox_id: string | null;
  readonly message_uuid: string | null;
  readonly created_at: Date;
  readonly data: Readonly<Record<string, unknown>>;
  readonly tx: string;
}

const columns = sql`e.id, e.type, e.organization_id, e.pod_id, e.inbox_id, e.message_uuid, e.created_at, e.data, e.tx::text`;

const eventsOf = (rows: readonly Row[]): FeedEvent[] =>
  rows.flatMap(({ type, ...row }) =>
    isEventType(type)
      ? [
          {
            id: row.id,
            type,
            organizationId: row.organization_id,
            podId: row.pod_id,
            inboxId: row.inbox_id,
            messageUuid: row.message_uuid,
            at: row.created_at,
            data: row.data,
            tx: row.tx,
          },
        ]
      : [],
  );

/** Rows that a snapshot did not see. An index range and a probe for each transaction that was under way. */
const isUnseen = ({ firstUnseen, underWay }: Unseen): RawBuilder<boolean> =>
  sql`(e.tx >= ${firstUnseen}::xid8 or e.tx = any (${[...underWay]}::xid8[]))`;

export async function currentSnapshot(tx: Tx, scope: SystemScope): Promise<string> {
  const { rows } = await sql<{ snapshot: string }>`select pg_current_snapshot()::text as snapshot`.execute(
    tx.within(scope),
  );
  return rows[0]?.snapshot ?? "";
}

export interface ReadEvents {
  /** What the reader has seen already. */
  readonly seen: Unseen;
  /** Snapshot of the first page, to which all pages of one look belong; null for the first page itself. */
  readonly until: string | null;
  /** The last of the page before. */
  readonly after: Pick<FeedEvent, "tx" | "id"> | null;
  readonly limit: number;
}

export interface EventPage {
  readonly snapshot: string;
  readonly events: readonly FeedEvent[];
  /** The last row, of whatever type. */
  readonly last: Pick<FeedEvent, "tx" | "id"> | null;
  /** There is no other page of this look. */
  readonly isWhole: boolean;
}

/** Events of every tenant that became visible, in order of (tx, id), and the snapshot in which they are. */
export async function readEvents(
  tx: Tx,
  scope: SystemScope,
  { seen, until, after, limit }: ReadEvents,
): Promise<EventPage> {
  const { rows } = await sql<Row & { readonly seen_in: string; readonly id: string | null }>`
    select looked.snapshot::text as seen_in, found.*
    from (select coalesce(${until}::pg_snapshot, pg_current_snapshot()) as snapshot) as looked
    left join lateral (
      select ${columns} from events as e
      where ${isUnseen(seen)}
        and (${until}::pg_snapshot is null or pg_visible_in_snapshot(e.tx, ${until}::pg_snapshot))
        and (e.tx, e.id) > (${after?.tx ?? "0"}::xid8, ${after?.id ?? "00000000-0000-0000-0000-000000000000"}::uuid)
      order by e.tx, e.id limit ${limit}) as found on true`.execute(tx.within(scope));
  const found = rows.filter(({ id }) => id !== null);
  const last = found.at(-1) ?? null;
  const isWhole = found.length < limit;
  return { snapshot: rows[0]?.seen_in ?? "", events: eventsOf(found), last, isWhole };
}

/** Says that a process reads events for so many seconds, so that they are announced; forgets those that ended long ago. */
export async function announceReader(tx: Tx, scope: SystemScope, id: string, seconds: number): Promise<void> {
  await sql`
    with gone as (delete from event_readers where until < now() - interval '1 day')
    insert into event_readers (id, until) values (${id}, now() + ${seconds}::integer * interval '1 second')
    on conflict (id) do update set until = excluded.until`.execute(tx.within(scope));
}

export async function withdrawReader(tx: Tx, scope: SystemScope, id: string): Promise<void> {
  await tx.within(scope).deleteFrom("event_readers").where("id", "=", id).execute();
}

/**
 * Takes the transactions of another PostgreSQL off events that were restored from a dump of it: numbers that this one has not reached
 * would be read as new for ever. @returns how many; less than `limit` when that was all
 */
export async function settleRestored(tx: Tx, scope: SystemScope, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    update events as e set tx = '3', snapshot = null
    from (select pod_id, id from events where tx >= pg_snapshot_xmax(pg_current_snapshot()) limit ${limit}) as restored
    where e.pod_id = restored.pod_id and e.id = restored.id`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}

/** The event that a socket had last, as far as the scope reaches it. */
export interface FeedCursor {
  readonly id: string;
  readonly tx: string;
  /** Null for one from before events had it. */
  readonly snapshot: string | null;
}

/** A probe of the index for each pod of the scope: no index is by id alone. */
export async function findCursor(tx: Tx, scope: Scope, id: string): Promise<FeedCursor | null> {
  const pods =
    scope.podId === null
      ? sql`(select id as pod_id from pods where organization_id = ${scope.organizationId}::uuid)`
      : sql`(select ${scope.podId}::uuid as pod_id)`;
  const { rows } = await sql<FeedCursor>`
    select e.id, e.tx::text, e.snapshot::text from ${pods} as own
    join events as e on e.pod_id = own.pod_id and e.id = ${id}::uuid`.execute(tx.within(scope));
  return rows[0] ?? null;
}

const listensTo = ({ types, podIds, inboxIds, all }: Listening): RawBuilder<boolean> => {
  const isOfType = sql`e.type = ${anyOf(types)}`;
  if (all) return sql`${isOfType}`;
  return sql`${isOfType} and (e.pod_id = ${anyOf(podIds)} or e.inbox_id = ${anyOf(inboxIds)})`;
};

/**
 * Events of the scope that a socket which had `cursor` may have missed: those that were not there when it was written, and behind it. One
 * that was committed in between may have been sent. In order of (tx, id), `limit` at most.
 * @param firstId no event that is younger has a smaller id
 */
export async function listEventsSince(
  tx: Tx,
  scope: Scope,
  {
    cursor,
    firstId,
    listening,
    limit,
  }: {
    readonly cursor: FeedCursor & { readonly unseen: Unseen | null };
    readonly firstId: string;
    readonly listening: Listening;
    readonly limit: number;
  },
): Promise<FeedEvent[]> {
  const isBehind =
    cursor.unseen === null
      ? sql`e.id > ${cursor.id}::uuid`
      : sql`${isUnseen(cursor.unseen)} and not (e.tx = ${cursor.tx}::xid8 and e.id <= ${cursor.id}::uuid)`;
  const inPod = scope.podId === null ? sql`true` : sql`e.pod_id = ${scope.podId}::uuid`;
  const inInbox = scope.inboxId === null ? sql`true` : sql`e.inbox_id = ${scope.inboxId}::uuid`;
  const { rows } = await sql<Row>`
    select ${columns} from events as e
    where e.organization_id = ${scope.organizationId}::uuid and ${inPod} and ${inInbox} and e.id >= ${firstId}::uuid
      and ${isBehind} and ${listensTo(listening)}
    order by e.tx, e.id limit ${limit}`.execute(tx.within(scope));
  return eventsOf(rows);
}
