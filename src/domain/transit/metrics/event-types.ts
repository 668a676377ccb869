import { type EventType, eventTypes } from "../../door/events.ts";

export type MetricEventType = Exclude<EventType, "message.opened">;

/** Events that are counted: all that webhooks can hear of but openings (contract 6.13). */
export const metricEventTypes: readonly MetricEventType[] = eventTypes.filter(
  (type): type is MetricEventType => type !== "message.opened",
);
