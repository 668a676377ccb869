/** SQL of events that are counted: hours that were counted before, and rows of events for the rest. */
import { type RawBuilder, sql } from "kysely";
import { firstIdAt } from "../../../lib/uuid.ts";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { MetricEventType } from "./event-types.ts";
import type { Range } from "./range.ts";
import { ofScope } from "./rows.ts";

/** How far the events of an organization are counted by the hour. */
export interface Counted {
  /** Hours before it are; null: none is. */
  readonly to: Date | null;
  /** Events before it may be deleted; null: none is. */
  readonly eventsFrom: Date | null;
}

export async function findCounted(tx: Tx, scope: Scope): Promise<Counted> {
  const row = await tx
    .within(scope)
    .selectFrom("organizations")
    .where("id", "=", scope.organizationId)
    .select(["counted_to", "events_from"])
    .executeTakeFirst();
  return { to: row?.counted_to ?? null, eventsFrom: row?.events_from ?? null };
}

/** Where the counts of a range are. */
export interface Sources {
  /** Whole hours. */
  readonly hours: Range | null;
  readonly events: readonly Range[];
}

export interface EventCount {
  readonly type: MetricEventType;
  readonly timestamp: Date;
  readonly count: number;
}

/** Counts of each type by the beginning of the period, the earliest first. */
export async function countEvents(
  tx: Tx,
  scope: Scope,
  sources: Sources,
  types: readonly MetricEventType[],
  periodSeconds: number,
): Promise<EventCount[]> {
  const period = sql`to_timestamp(floor(extract(epoch from at) / ${periodSeconds}::float8) * ${periodSeconds}::float8)`;
  const parts = partsOf(scope, sources, types);
  if (parts.length === 0) return [];
  const { rows } = await sql<EventCount>`
    select type, ${period} as timestamp, sum(count)::float8 as count
    from (${sql.join(parts, sql` union all `)}) as counted
    group by 1, 2 order by 2`.execute(tx.within(scope));
  return rows;
}

/** Each event with its own time; those of hours whose events are deleted together, at the beginning of the hour. */
export async function listEvents(
  tx: Tx,
  scope: Scope,
  sources: Sources,
  types: readonly MetricEventType[],
  { limit, descending }: { readonly limit: number; readonly descending: boolean },
): Promise<EventCount[]> {
  const order = descending ? sql`desc` : sql`asc`;
  const parts = partsOf(scope, sources, types).map(
    (part) => sql`(${part} order by 2 ${order} limit ${limit})`,
  );
  if (parts.length === 0) return [];
  const { rows } = await sql<EventCount>`
    select type, at as timestamp, count::float8 as count
    from (${sql.join(parts, sql` union all `)}) as found
    order by at ${order} limit ${limit}`.execute(tx.within(scope));
  return rows;
}

/** An id is drawn when its event is made, a little after the time that the event bears. */
const ID_SLACK_MS = 60_000;

function partsOf(
  scope: Scope,
  { hours, events }: Sources,
  types: readonly MetricEventType[],
): RawBuilder<unknown>[] {
  const table = scope.podId === null ? sql`organization_event_counts` : sql`event_counts`;
  const ofTypes = sql`type = any (${[...types]}::text[])`;
  const counted = ({ start, end }: Range) => sql`
    select type, hour as at, count from ${table}
    where ${ofScope(scope)} and hour >= ${start}::timestamptz and hour < ${end}::timestamptz and ${ofTypes}`;
  const counting = ({ start, end }: Range) => sql`
    select type, created_at as at, 1 as count from events
    where ${ofScope(scope)} and id >= ${firstIdAt(start.getTime() - ID_SLACK_MS)}::uuid
      and id < ${firstIdAt(end.getTime() + ID_SLACK_MS)}::uuid
      and created_at >= ${start}::timestamptz and created_at < ${end}::timestamptz and ${ofTypes}`;
  return [...(hours === null ? [] : [counted(hours)]), ...events.map(counting)];
}
