import { type EventType, eventTypes } from "../../door/events.ts";

export type MetricEventType = Exclude<EventType, "message.opened" | "thread.loop_cut">;

/** Events that are counted: all that webhooks of AgentMail can hear of but openings (contract 6.13). */
export const metricEventTypes: readonly MetricEventType[] = eventTypes.filter(
  (type): type is MetricEventType => type !== "message.opened" && type !== "thread.loop_cut",
);
