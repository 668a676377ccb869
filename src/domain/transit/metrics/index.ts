export { type CountParts, countOrganization } from "./count.ts";
export { type MetricEventType, metricEventTypes } from "./event-types.ts";
export { type EventBucket, type EventQuery, queryEvents } from "./events.ts";
export { checkPeriod, checkPoints, chosen, type MetricQuery, type Range, rangeOf, typesOf } from "./range.ts";
export { queryUsage, type UsagePoint, type UsageQuery, type UsageType, usageTypes } from "./usage.ts";
