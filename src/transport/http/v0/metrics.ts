/** Metrics (contract 14): what happened, what is held, and the rates by which a sender is judged. */
import { z } from "@hono/zod-openapi";
import {
  DEFAULT_RATE_PERIOD_SECONDS,
  DEFAULT_RATE_WINDOW_SECONDS,
  MAX_METRIC_POINTS,
  MAX_RATE_WINDOW_SECONDS,
  METRIC_DAYS,
} from "../../../domain/limits.ts";
import {
  type MetricEventType,
  type MetricQuery,
  metricEventTypes,
  queryEvents,
  queryUsage,
  type UsageType,
  usageTypes,
} from "../../../domain/transit/metrics/index.ts";
import { MAX_METRIC_PERIOD_SECONDS } from "../../../domain/transit/metrics/limits.ts";
import { getRates } from "../../../domain/transit/outbound/index.ts";
import { noun } from "../dialect/dialect.ts";
import { type Route, route } from "../dialect/route.ts";
import { wholeNumber } from "../dialect/whole-number.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { moment, queryFlag, queryList, timestamp, wire } from "./shapes/common.ts";
import { sample } from "./shapes/sample.ts";

const seconds = (description: string, example: number) =>
  wholeNumber((number) => number.positive())
    .optional()
    .openapi({ type: "integer", description, example });

const rangeQuery = {
  start: moment.optional().openapi({
    description: `ISO 8601, ${METRIC_DAYS} days ago at most; a day before the end when absent.`,
    example: sample.at,
  }),
  end: moment
    .optional()
    .openapi({ description: "ISO 8601; now when absent or later.", example: sample.later }),
  limit: seconds(`Points of each, ${MAX_METRIC_POINTS} at most.`, 24),
  descending: queryFlag("True: latest first."),
};

const eventsQuery = z.object({
  event_types: queryList(`Of ${metricEventTypes.join(", ")}; all when absent.`, true).optional(),
  ...rangeQuery,
  period: seconds(
    `Seconds that are counted together, ${MAX_METRIC_PERIOD_SECONDS} at most. When absent, every event is a point of its own.`,
    3600,
  ),
});

const usageQuery = z.object({
  usage_types: queryList(
    `Of ${usageTypes.join(", ")}; all when absent. Those that are not of this scope are passed over.`,
    true,
  ).optional(),
  ...rangeQuery,
  period: seconds(
    `Seconds from one point to the next, ${MAX_METRIC_PERIOD_SECONDS} at most. When absent, one that gives a hundred points or fewer.`,
    3600,
  ),
});

const ratesQuery = z.object({
  rate_types: queryList("bounce, complaint, or both, as without it.", true).optional(),
  ...rangeQuery,
  period: seconds(
    `Seconds from one point to the next, 60 to ${MAX_METRIC_PERIOD_SECONDS}; ${DEFAULT_RATE_PERIOD_SECONDS} when absent.`,
    DEFAULT_RATE_PERIOD_SECONDS,
  ),
  window: seconds(
    `Seconds that each point looks back: a multiple of period, ${MAX_RATE_WINDOW_SECONDS} at most; ${DEFAULT_RATE_WINDOW_SECONDS} when absent.`,
    DEFAULT_RATE_WINDOW_SECONDS,
  ),
});

const bucket = z
  .object({
    timestamp: timestamp.openapi({
      description:
        "Beginning of the period, a multiple of it since 1970; without a period, when it happened.",
    }),
    count: z.int().openapi({ description: "Events of the type in the period.", example: 3 }),
  })
  .openapi("MetricBucket", { title: "Events of one time" });

const usagePoint = z
  .object({
    timestamp: timestamp.openapi({ description: "When it was so." }),
    value: z.int().openapi({ description: "Total at that time.", example: 40_960 }),
  })
  .openapi("UsagePoint", { title: "A total at one time" });

const ratePoint = z
  .object({
    timestamp: timestamp.openapi({ description: "End of the window." }),
    rate: z.number().nullable().openapi({
      description: "Bounces or complaints of what was sent, 0 to 1; null when nothing was.",
      example: 0.02,
    }),
    sent: z.int().openapi({ description: "Recipients at other servers.", example: 120 }),
  })
  .openapi("RatePoint", { title: "A rate at one time" });

/** An object of arrays and nothing else: the client refuses any other member (contract 1.8). */
const seriesOf = (says: Readonly<Record<string, string>>, point: z.ZodType) =>
  z.object(
    Object.fromEntries(
      Object.entries(says).map(([type, description]) => [
        type,
        z.array(point).optional().openapi({ description }),
      ]),
    ),
  );

const eventSays: Readonly<Record<MetricEventType, string>> = {
  "message.received": "Mail that was received.",
  "message.received.spam": "Mail received that was found to be spam.",
  "message.received.blocked": "Mail received that a list refused.",
  "message.received.unauthenticated": "Mail received whose sender is not authenticated.",
  "message.sent": "Messages that were sent.",
  "message.delivered": "Deliveries that another server, or an inbox here, took.",
  "message.bounced": "Deliveries that bounced.",
  "message.complained": "Complaints about sent messages.",
  "message.rejected": "Messages that were not sent after all.",
  "domain.verified": "Domains that were verified.",
};

const usageSays: Readonly<Record<UsageType, string>> = {
  storage_bytes: "Bytes of raw messages, and of files of inboxes.",
  message_count: "Messages.",
  thread_count: "Threads.",
  inbox_count: "Inboxes; of a pod and the organization.",
  domain_count: "Domains; of a pod and the organization.",
  pod_count: "Pods; of the organization.",
};

const eventsAnswer = seriesOf(eventSays, bucket).openapi("QueryMetricsResponse", {
  title: "Events by type and time",
});
const usageAnswer = seriesOf(usageSays, usagePoint).openapi("QueryUsageResponse", {
  title: "Totals by type and time",
});
const ratesAnswer = z
  .object({
    bounce: z.array(ratePoint).optional().openapi({ description: "Bounces, permanent and transient." }),
    complaint: z.array(ratePoint).optional().openapi({ description: "Complaints." }),
  })
  .openapi("QueryRatesResponse", { title: "Rolling rates" });

const seriesFrom =
  <Name extends string>(...names: readonly Name[]) =>
  (series: ReadonlyMap<string, readonly Readonly<Record<Name, unknown>>[]>) =>
    Object.fromEntries(
      [...series].map(([type, points]) => [type, points.map((point) => wire(point, names))]),
    );

type RangeQuery = { readonly [Name in keyof MetricQuery]: MetricQuery[Name] | undefined };

const inputOf = ({ start, end, period, limit, descending }: RangeQuery): MetricQuery => ({
  ...(start !== undefined && { start }),
  ...(end !== undefined && { end }),
  ...(period !== undefined && { period }),
  ...(limit !== undefined && { limit }),
  ...(descending !== undefined && { descending }),
});

/** Old clients know one of metrics, at a path of its own (contract 8.1). */
const eventRoute = ({ prefix, client, at, reach }: Mount, isLegacy: boolean): Route =>
  route({
    method: "get",
    path: isLegacy ? `${prefix}/metrics` : `${prefix}/metrics/events`,
    name: isLegacy ? `${client}metrics.query` : `${client}metrics.queryEvents`,
    isOwn: isLegacy,
    summary: isLegacy ? `Query events${at}, as old clients do` : `Query events${at}`,
    description: `How often what happened, of everything ${reach}. Only periods with events are answered; a range spans ${MAX_METRIC_POINTS} periods at most.${isLegacy ? " The same as /metrics/events." : ""}`,
    query: eventsQuery,
    does: queryEvents,
    input: ({ query }) => ({
      ...inputOf(query),
      ...(query.event_types !== undefined && { eventTypes: query.event_types }),
    }),
    answer: eventsAnswer,
    present: seriesFrom("timestamp", "count"),
  });

const usageRoute = ({ prefix, client, at, reach }: Mount): Route =>
  route({
    method: "get",
    path: `${prefix}/metrics/usage`,
    name: `${client}metrics.queryUsage`,
    summary: `Query usage${at}`,
    description: `What is held, of everything ${reach}, as totals at points from the end of the range backwards. The present one is exact; those before are of the hour.`,
    query: usageQuery,
    does: queryUsage,
    input: ({ query }) => ({
      ...inputOf(query),
      ...(query.usage_types !== undefined && { usageTypes: query.usage_types }),
    }),
    answer: usageAnswer,
    present: seriesFrom("timestamp", "value"),
  });

const rateRoute = ({ prefix, client, at, reach }: Mount): Route =>
  route({
    method: "get",
    path: `${prefix}/metrics/rates`,
    name: `${client}metrics.queryRates`,
    isOwn: true,
    summary: `Query bounce and complaint rates${at}`,
    description: `Rolling rates of mail to other servers, of everything ${reach}; start and end are ends of the first and last window. The range with the window may span ${MAX_METRIC_POINTS} periods.`,
    query: ratesQuery,
    does: getRates,
    input: ({ query }) => ({
      ...inputOf(query),
      ...(query.rate_types !== undefined && { rateTypes: query.rate_types }),
      ...(query.window !== undefined && { window: query.window }),
    }),
    answer: ratesAnswer,
    present: seriesFrom("timestamp", "rate", "sent"),
  });

export const metrics = noun({
  name: "metrics",
  title: "Metrics",
  about: "What happened and what is held, in numbers.",
  parameters: {},
  routes: mount([organizationMount, podMount, inboxMount], (scope) => [
    eventRoute(scope, false),
    usageRoute(scope),
    rateRoute(scope),
    eventRoute(scope, true),
  ]),
});
