import type { EventType } from "../../door/events.ts";

/** Events that are counted: all that webhooks can hear of but openings (contract 6.13). */
export const metricEventTypes = [
  "message.received",
  "message.received.spam",
  "message.received.blocked",
  "message.received.unauthenticated",
  "message.sent",
  "message.delivered",
  "message.bounced",
  "message.complained",
  "message.rejected",
  "domain.verified",
] as const satisfies readonly EventType[];

export type MetricEventType = (typeof metricEventTypes)[number];
