/** What is held, as running totals (contract 14). */
import { operation } from "../../door/operation.ts";
import { MAX_METRIC_POINTS } from "../../limits.ts";
import { checkPeriod, checkPoints, chosen, type MetricQuery, type Range, rangeOf, typesOf } from "./range.ts";
import { measureUsage, type Usage, usageAt } from "./usage-store.ts";

export const usageTypes = [
  "storage_bytes",
  "message_count",
  "thread_count",
  "inbox_count",
  "domain_count",
  "pod_count",
] as const;
export type UsageType = (typeof usageTypes)[number];

/** Those that each level has, and what of the totals they are. */
const levels = {
  inbox: ["storage_bytes", "message_count", "thread_count"],
  pod: ["storage_bytes", "message_count", "thread_count", "inbox_count", "domain_count"],
  organization: usageTypes,
} as const satisfies Record<string, readonly UsageType[]>;

const totalOf: Readonly<Record<UsageType, (usage: Usage) => number>> = {
  storage_bytes: ({ bytes }) => bytes,
  message_count: ({ messages }) => messages,
  thread_count: ({ threads }) => threads,
  inbox_count: ({ inboxes }) => inboxes,
  domain_count: ({ domains }) => domains,
  pod_count: ({ pods }) => pods,
};

export interface UsageQuery extends MetricQuery {
  /** All of the level when absent. Those that the level does not have are passed over. */
  readonly usageTypes?: readonly string[];
}

export interface UsagePoint {
  readonly timestamp: Date;
  readonly value: number;
}

/** Points from the end backwards: the last one is the end of the range. Between them usage is counted once an hour. */
export const queryUsage = operation({
  name: "metrics.usage",
  needs: ["metrics_read"],
  on: "any",
  kind: "read",
  fails: ["range.too_wide"],
  check: (query: UsageQuery) => ({
    query,
    types: typesOf(usageTypes, query.usageTypes, "usageTypes"),
    period: query.period === undefined ? null : checkPeriod(query.period, 1),
  }),
  async run(context, { query, types, period }): Promise<ReadonlyMap<UsageType, readonly UsagePoint[]>> {
    const { tx, scope, now } = context;
    const range = rangeOf(query, now);
    if (period !== null) checkPoints(range, period);
    const times = timesOf(range, period ?? defaultPeriod(range));
    const isNow = range.end.getTime() === now.getTime();
    const [held, current] = await Promise.all([
      usageAt(tx, scope, times),
      isNow ? measureUsage(tx, scope, now) : null,
    ]);
    const usages = current === null ? held : [...held.slice(0, -1), current];
    const here: readonly UsageType[] = levels[scope.level];
    const shown = types.filter((type) => here.includes(type));
    return new Map(
      shown.map((type) => {
        const points = times.map((timestamp, n) => {
          const usage = usages[n];
          return { timestamp, value: usage === undefined ? 0 : totalOf[type](usage) };
        });
        return [type, chosen(points, query)];
      }),
    );
  },
});

/** The earliest first; MAX_METRIC_POINTS at most. */
function timesOf({ start, end }: Range, period: number): readonly Date[] {
  const count = Math.min(
    Math.floor((end.getTime() - start.getTime()) / (period * 1000)) + 1,
    MAX_METRIC_POINTS,
  );
  return Array.from({ length: count }, (_, n) => new Date(end.getTime() - (count - 1 - n) * period * 1000));
}

/** Seconds: the first of these that gives a hundred points or fewer, which is a day for 90 days. */
const defaultPeriod = ({ start, end }: Range): number =>
  [60, 300, 900, 3600, 10_800, 21_600, 43_200].find(
    (period) => (end.getTime() - start.getTime()) / 1000 / period <= 100,
  ) ?? 86_400;
