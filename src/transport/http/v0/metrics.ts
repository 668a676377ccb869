/** Metrics (contract 14): the rates by which a sender is judged. */
import { z } from "@hono/zod-openapi";
import {
  DEFAULT_RATE_PERIOD_SECONDS,
  DEFAULT_RATE_WINDOW_SECONDS,
  MAX_METRIC_POINTS,
  MAX_RATE_WINDOW_SECONDS,
  METRIC_DAYS,
} from "../../../domain/limits.ts";
import { getRates, type RatePoint } from "../../../domain/transit/outbound/index.ts";
import { noun } from "../dialect/dialect.ts";
import { type Route, route } from "../dialect/route.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { moment, queryFlag, queryList, timestamp, wire } from "./shapes/common.ts";
import { sample } from "./shapes/sample.ts";

const seconds = (description: string, example: number) =>
  z.coerce.number().int().positive().optional().openapi({ type: "integer", description, example });

const ratesQuery = z.object({
  rate_types: queryList("bounce, complaint, or both, as without it.", true).optional(),
  start: moment.optional().openapi({
    description: `End of the first window: ISO 8601, ${METRIC_DAYS} days ago at most; a day before the end when absent.`,
    example: sample.at,
  }),
  end: moment
    .optional()
    .openapi({ description: "End of the last window; now when absent or later.", example: sample.later }),
  period: seconds(
    `Seconds from one point to the next, 60 to 86400; ${DEFAULT_RATE_PERIOD_SECONDS} when absent.`,
    DEFAULT_RATE_PERIOD_SECONDS,
  ),
  window: seconds(
    `Seconds that each point looks back: a multiple of period, ${MAX_RATE_WINDOW_SECONDS} at most; ${DEFAULT_RATE_WINDOW_SECONDS} when absent.`,
    DEFAULT_RATE_WINDOW_SECONDS,
  ),
  limit: seconds(`Points of each, ${MAX_METRIC_POINTS} at most.`, 24),
  descending: queryFlag("True: latest first."),
});

const point = z
  .object({
    timestamp: timestamp.openapi({ description: "End of the window." }),
    rate: z.number().nullable().openapi({
      description: "Bounces or complaints of what was sent, 0 to 1; null when nothing was.",
      example: 0.02,
    }),
    sent: z.int().openapi({ description: "Recipients at other servers.", example: 120 }),
  })
  .openapi("RatePoint", { title: "A rate at one time" });

const answer = z
  .object({
    bounce: z.array(point).optional().openapi({ description: "Bounces, permanent and transient." }),
    complaint: z.array(point).optional().openapi({ description: "Complaints." }),
  })
  .openapi("QueryRatesResponse", { title: "Rolling rates" });

const toPoint = (one: RatePoint): Record<string, unknown> => wire(one, ["timestamp", "rate", "sent"]);

const routes = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/metrics/rates`,
    name: `${client}metrics.queryRates`,
    summary: `Query bounce and complaint rates${at}`,
    description: `Rolling rates of mail to other servers, of everything ${reach}. The range with the window may span ${MAX_METRIC_POINTS} periods.`,
    query: ratesQuery,
    does: getRates,
    input: ({ query: { rate_types: rateTypes, start, end, period, window, limit, descending } }) => ({
      ...(rateTypes !== undefined && { rateTypes }),
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
      ...(period !== undefined && { period }),
      ...(window !== undefined && { window }),
      ...(limit !== undefined && { limit }),
      ...(descending !== undefined && { descending }),
    }),
    answer,
    present: (rates) => Object.fromEntries([...rates].map(([type, points]) => [type, points.map(toPoint)])),
  }),
];

export const metrics = noun({
  name: "metrics",
  title: "Metrics",
  about: "What was sent, in numbers.",
  parameters: {},
  routes: mount([organizationMount, podMount, inboxMount], routes),
});
