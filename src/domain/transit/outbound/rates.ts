/** Rolling bounce and complaint rates, as the vendor reads them (contract 8.2). */
import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import {
  DEFAULT_RATE_PERIOD_SECONDS,
  DEFAULT_RATE_WINDOW_SECONDS,
  MAX_RATE_WINDOW_SECONDS,
} from "../../limits.ts";
import { checkPeriod, checkPoints, chosen, type MetricQuery, rangeOf, typesOf } from "../metrics/index.ts";
import { sumWindows } from "./rates-store.ts";
import { ratesOf } from "./standing.ts";

export const rateTypes = ["bounce", "complaint"] as const;
export type RateType = (typeof rateTypes)[number];

export interface RateQuery extends MetricQuery {
  /** Both when absent. */
  readonly rateTypes?: readonly string[];
  /** Seconds that each point looks back. */
  readonly window?: number;
}

/** Counts are by the minute. */
const LEAST_PERIOD_SECONDS = 60;

export interface RatePoint {
  /** End of the window. */
  readonly timestamp: Date;
  /** 0 to 1; null: nothing was sent. */
  readonly rate: number | null;
  /** Recipients. */
  readonly sent: number;
}

export const getRates = operation({
  name: "metrics.rates",
  needs: ["metrics_read"],
  on: "any",
  kind: "read",
  fails: ["range.too_wide"],
  check: (query: RateQuery) => ({
    query,
    types: typesOf(rateTypes, query.rateTypes, "rateTypes"),
    ...spacingOf(query),
  }),
  async run(
    { tx, scope, now },
    { query, types, period, window },
  ): Promise<ReadonlyMap<RateType, readonly RatePoint[]>> {
    const range = rangeOf(query, now);
    checkPoints(range, period, window);
    const windows = { ...range, periodSeconds: period, windowSeconds: window };
    const points = chosen(await sumWindows(tx, scope, windows), query);
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

function spacingOf({
  period = DEFAULT_RATE_PERIOD_SECONDS,
  window = DEFAULT_RATE_WINDOW_SECONDS,
}: RateQuery): { readonly period: number; readonly window: number } {
  checkPeriod(period, LEAST_PERIOD_SECONDS);
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
