import { type EventType, eventTypes, isOwnType, type ownTypes } from "../../door/events.ts";

export type MetricEventType = Exclude<EventType, "message.opened" | (typeof ownTypes)[number]>;

/** Events that are counted: all that webhooks of AgentMail can hear of but openings (contract 6.13). */
export const metricEventTypes: readonly MetricEventType[] = eventTypes.filter(
  (type): type is MetricEventType => type !== "message.opened" && !isOwnType(type),
);
