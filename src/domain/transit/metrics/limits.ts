/** Bounds of metrics. */

/** Days that events are read one by one for periods that are no hours: some 100,000 of a million in a month. */
export const METRIC_FINE_DAYS = 3;
/** Seconds from one point of metrics to the next, at most. */
export const MAX_METRIC_PERIOD_SECONDS = 86_400;
