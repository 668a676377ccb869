/** Rolling bounce and complaint rates, as the vendor reads them (contract 8.2). */
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import {
  DEFAULT_RATE_PERIOD_SECONDS,
  DEFAULT_RATE_WINDOW_SECONDS,
  MAX_METRIC_POINTS,
  MAX_RATE_WINDOW_SECONDS,
  METRIC_DAYS,
} from "../../limits.ts";
import { withinOf } from "./list.ts";
import { type RateWindows, sumWindows } from "./rates-store.ts";
import { ratesOf } from "./standing.ts";

export const rateTypes = ["bounce", "complaint"] as const;
export type RateType = (typeof rateTypes)[number];

export interface RateQuery {
  /** Both when absent. */
  readonly rateTypes?: readonly string[];
  readonly start?: Date;
  readonly end?: Date;
  /** Seconds from one point to the next. */
  readonly period?: number;
  /** Seconds that each point looks back. */
  readonly window?: number;
  /** Points; the latest when `descending`, else the earliest. */
  readonly limit?: number;
  readonly descending?: boolean;
}

export interface RatePoint {
  /** End of the window. */
  readonly timestamp: Date;
  /** 0 to 1; null: nothing was sent. */
  readonly rate: number | null;
  /** Recipients. */
  readonly sent: number;
}

const DAY_MS = 24 * 3600 * 1000;
/** Clocks of callers may be behind by as much. */
const SLACK_MS = 60_000;

const isRateType = (text: string): text is RateType => rateTypes.some((type) => type === text);

export const getRates = operation({
  name: "metrics.rates",
  needs: ["metrics_read"],
  on: "any",
  kind: "read",
  check: (query: RateQuery) => ({ query, types: typesOf(query), ...spacingOf(query) }),
  async run(context, { query, types, period, window }): Promise<ReadonlyMap<RateType, readonly RatePoint[]>> {
    const { tx, scope, now } = context;
    const windows = { ...rangeOf(query, now, period, window), periodSeconds: period, windowSeconds: window };
    const sums = await sumWindows(tx, scope, withinOf(context), windows);
    const ordered = query.descending === true ? sums.toReversed() : sums;
    const points = ordered.slice(0, query.limit ?? MAX_METRIC_POINTS);
    return new Map(
      types.map((type) => [
        type,
        points.map((counts) => {
          const { bounceRate, complaintRate } = ratesOf(counts);
          const rate = type === "bounce" ? bounceRate : complaintRate;
          return { timestamp: counts.timestamp, rate, sent: counts.sent };
        }),
      ]),
    );
  },
});

function typesOf({ rateTypes: wanted = rateTypes }: RateQuery): readonly RateType[] {
  const known = wanted.filter(isRateType);
  if (known.length !== wanted.length)
    throw invalid(["rateTypes"], `A rate type is one of ${rateTypes.join(", ")}`);
  return [...new Set(known)];
}

function spacingOf({
  period = DEFAULT_RATE_PERIOD_SECONDS,
  window = DEFAULT_RATE_WINDOW_SECONDS,
}: RateQuery): { readonly period: number; readonly window: number } {
  if (!Number.isInteger(period) || period < 60 || period > 86_400)
    throw invalid(["period"], says`${field("period")} takes seconds, 60 to 86400`);
  if (
    !Number.isInteger(window) ||
    window < period ||
    window > MAX_RATE_WINDOW_SECONDS ||
    window % period !== 0
  )
    throw invalid(
      ["window"],
      says`${field("window")} takes a multiple of ${field("period")}, ${MAX_RATE_WINDOW_SECONDS} seconds at most`,
    );
  return { period, window };
}

function rangeOf(
  query: RateQuery,
  now: Date,
  period: number,
  window: number,
): Pick<RateWindows, "start" | "end"> {
  const endMs = Math.min(query.end?.getTime() ?? now.getTime(), now.getTime());
  const startMs = query.start?.getTime() ?? endMs - DAY_MS;
  if (startMs < now.getTime() - METRIC_DAYS * DAY_MS - SLACK_MS)
    throw invalid(["start"], says`${field("start")} may be ${METRIC_DAYS} days ago at most`);
  if (startMs >= endMs) throw invalid(["start"], says`${field("start")} must be before ${field("end")}`);
  if (((endMs - startMs) / 1000 + window) / period > MAX_METRIC_POINTS)
    throw fail("input.invalid", {
      message: says`The range and ${field("window")} may span ${MAX_METRIC_POINTS} times ${field("period")} at most`,
      path: ["period"],
      hint: "Ask for a shorter range, or a longer period.",
    });
  return { start: new Date(startMs), end: new Date(endMs) };
}
