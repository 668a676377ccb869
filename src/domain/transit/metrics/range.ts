/** Which times and types a caller of metrics asks for (contract 14). */
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_METRIC_POINTS, METRIC_DAYS } from "../../limits.ts";
import { MAX_METRIC_PERIOD_SECONDS } from "./limits.ts";

/** What every query of metrics may say. */
export interface MetricQuery {
  /** A day before the end when absent. */
  readonly start?: Date;
  /** Now when absent or later. */
  readonly end?: Date;
  /** Seconds from one point to the next. */
  readonly period?: number;
  /** Points; the latest when `descending`, else the earliest. */
  readonly limit?: number;
  readonly descending?: boolean;
}

/** A half-open range of time. */
export interface Range {
  readonly start: Date;
  readonly end: Date;
}

const DAY_MS = 24 * 3600 * 1000;
/** Clocks of callers may be behind by as much. */
const SLACK_MS = 60_000;

/** @throws Failure range.too_wide for a start too long ago (contract 3.3); input.invalid for one that is not before the end */
export function rangeOf({ start, end }: MetricQuery, now: Date): Range {
  const endMs = Math.min(end?.getTime() ?? now.getTime(), now.getTime());
  const startMs = start?.getTime() ?? endMs - DAY_MS;
  if (startMs < now.getTime() - METRIC_DAYS * DAY_MS - SLACK_MS)
    throw fail("range.too_wide", {
      message: says`${field("start")} may be ${METRIC_DAYS} days ago at most`,
      path: ["start"],
      hint: "Ask for a later start: counts from before are not kept.",
    });
  if (startMs >= endMs) throw invalid(["start"], says`${field("start")} must be before ${field("end")}`);
  return { start: new Date(startMs), end: new Date(endMs) };
}

/** @param window seconds that each point looks back besides. @throws Failure range.too_wide for more points than an answer has */
export function checkPoints({ start, end }: Range, period: number, window?: number): void {
  if (((end.getTime() - start.getTime()) / 1000 + (window ?? 0)) / period <= MAX_METRIC_POINTS) return;
  throw fail("range.too_wide", {
    message:
      window === undefined
        ? says`The range may span ${MAX_METRIC_POINTS} times ${field("period")} at most`
        : says`The range and ${field("window")} may span ${MAX_METRIC_POINTS} times ${field("period")} at most`,
    path: ["period"],
    hint: "Ask for a shorter range, or a longer period.",
  });
}

/** @param least seconds. @throws Failure input.invalid */
export function checkPeriod(period: number, least: number): number {
  if (!Number.isInteger(period) || period < least || period > MAX_METRIC_PERIOD_SECONDS)
    throw invalid(
      ["period"],
      says`${field("period")} takes seconds, ${least} to ${MAX_METRIC_PERIOD_SECONDS}`,
    );
  return period;
}

/** The types that are wanted, each once; all when none is said. @param name of the field. @throws Failure input.invalid */
export function typesOf<Type extends string>(
  all: readonly Type[],
  wanted: readonly string[] = all,
  name: string,
): readonly Type[] {
  const known = wanted.flatMap((text) => all.filter((type) => type === text));
  if (known.length !== wanted.length) throw invalid([name], `Each is one of ${all.join(", ")}`);
  return [...new Set(known)];
}

/** The points of an answer in the order and number that are asked for. @param points the earliest first */
export function chosen<Point>(
  points: readonly Point[],
  { limit = MAX_METRIC_POINTS, descending }: MetricQuery,
): readonly Point[] {
  return (descending === true ? points.toReversed() : points).slice(0, limit);
}
