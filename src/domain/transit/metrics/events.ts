/** How often what happened, by type and time (contract 14). */
import type { Actor } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { MAX_METRIC_POINTS } from "../../limits.ts";
import {
  type Counted,
  countEvents,
  type EventCount,
  findCounted,
  listEvents,
  type Sources,
} from "./event-store.ts";
import { type MetricEventType, metricEventTypes } from "./event-types.ts";
import { METRIC_FINE_DAYS } from "./limits.ts";
import { checkPeriod, checkPoints, chosen, type MetricQuery, type Range, rangeOf, typesOf } from "./range.ts";

export interface EventQuery extends MetricQuery {
  /** All when absent. */
  readonly eventTypes?: readonly string[];
}

export interface EventBucket {
  /** Beginning of the period, a multiple of it since the epoch; without a period the time of the event. */
  readonly timestamp: Date;
  readonly count: number;
}

const HOUR_SECONDS = 3600;
const FINE_MS = METRIC_FINE_DAYS * 24 * HOUR_SECONDS * 1000;

/** Of those that tell of mail which the key never sees there are none for it. */
const seenOf = (types: readonly MetricEventType[], { unseenLabels }: Actor): MetricEventType[] =>
  types.filter((type) => !unseenLabels.some((label) => type === `message.received.${label}`));

/** Periods without events are left out; so are types, unless they are named. */
export const queryEvents = operation({
  name: "metrics.events",
  needs: ["metrics_read"],
  on: "any",
  kind: "read",
  fails: ["range.too_wide"],
  check: (query: EventQuery) => ({
    query,
    types: typesOf(metricEventTypes, query.eventTypes, "eventTypes"),
    period: query.period === undefined ? null : checkPeriod(query.period, 1),
  }),
  async run(
    context,
    { query, types, period },
  ): Promise<ReadonlyMap<MetricEventType, readonly EventBucket[]>> {
    const range = rangeOf(query, context.now);
    if (period !== null) checkPoints(range, period);
    const counted = await findCounted(context.tx, context.scope);
    const seen = seenOf(types, context.actor);
    const counts =
      period === null
        ? await eachOf(context, sourcesOf(range, null, counted, context.now), seen, query)
        : await periodsOf(context, range, counted, seen, period, query);
    const byType = Map.groupBy(counts, ({ type }) => type);
    const bucketsOf = (type: MetricEventType): readonly EventBucket[] =>
      (byType.get(type) ?? []).map(({ timestamp, count }) => ({ timestamp, count }));
    const shown = query.eventTypes === undefined ? types.filter((type) => byType.has(type)) : types;
    // Single events are in the order that is asked for.
    return new Map(
      shown.map((type) => [type, period === null ? bucketsOf(type) : chosen(bucketsOf(type), query)]),
    );
  },
});

function periodsOf(
  { tx, scope, now }: Context,
  range: Range,
  counted: Counted,
  types: readonly MetricEventType[],
  period: number,
  { start }: EventQuery,
): Promise<readonly EventCount[]> {
  // Without a start the first period is a whole one.
  const whole = start === undefined ? { ...range, start: floorTo(range.start, period) } : range;
  return countEvents(tx, scope, sourcesOf(whole, period, counted, now), types, period);
}

async function eachOf(
  { tx, scope }: Context,
  sources: Sources,
  types: readonly MetricEventType[],
  { limit, descending = false }: EventQuery,
): Promise<readonly EventCount[]> {
  const bound = Math.min(limit ?? MAX_METRIC_POINTS + 1, MAX_METRIC_POINTS + 1);
  const found = await listEvents(tx, scope, sources, types, { limit: bound, descending });
  if (found.length <= MAX_METRIC_POINTS) return found;
  throw fail("range.too_wide", {
    message: says`There are more than ${MAX_METRIC_POINTS} events in the range`,
    path: ["period"],
    hint: says`Name a ${field("period")} to count by, or a ${field("limit")} of ${MAX_METRIC_POINTS} at most.`,
  });
}

const floorTo = (at: Date, seconds: number): Date =>
  new Date(Math.floor(at.getTime() / (seconds * 1000)) * seconds * 1000);
const ceilTo = (at: Date, seconds: number): Date =>
  new Date(Math.ceil(at.getTime() / (seconds * 1000)) * seconds * 1000);
const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
const later = (a: Date, b: Date): Date => (a > b ? a : b);
const unlessEmpty = (start: Date, end: Date): Range[] => (start < end ? [{ start, end }] : []);

/**
 * Where a range is read: hours that were counted where periods are made of hours, and where events are deleted or, for other periods, many;
 * events for the rest. @param period seconds; null: single events, which are read up to a bound
 */
function sourcesOf(
  { start, end }: Range,
  period: number | null,
  { to, eventsFrom }: Counted,
  now: Date,
): Sources {
  const firstHour = ceilTo(start, HOUR_SECONDS);
  const isOfHours = period !== null && period % HOUR_SECONDS === 0;
  const fineFrom =
    period === null
      ? eventsFrom
      : later(eventsFrom ?? start, ceilTo(new Date(now.getTime() - FINE_MS), HOUR_SECONDS));
  const bound = to === null || isOfHours ? to : earlier(to, fineFrom ?? start);
  const lastHour = bound === null ? firstHour : earlier(floorTo(end, HOUR_SECONDS), bound);
  const [hours = null] = unlessEmpty(firstHour, lastHour);
  if (hours === null) return { hours, events: unlessEmpty(start, end) };
  return { hours, events: [...unlessEmpty(start, firstHour), ...unlessEmpty(hours.end, end)] };
}
