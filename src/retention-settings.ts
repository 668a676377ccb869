/** Settings of how long is kept what grows with every request. */
import { days } from "./setting-schemas.ts";

export const retentionSettings = {
  ROOKERY_EVENT_RETENTION_DAYS: {
    takes: days(30),
    doc: "Days that events, their webhook deliveries and attempts are kept; 0: for ever. One that is still to be delivered is kept in any case.",
  },
  ROOKERY_AUDIT_RETENTION_DAYS: {
    takes: days(365),
    doc: "Days that the audit of what was changed is kept; 0: for ever.",
  },
  ROOKERY_EVALUATION_RETENTION_DAYS: {
    takes: days(30),
    doc: "Days that evaluations of rules are kept; 0: for ever.",
  },
} as const;

/** Days; 0: for ever. */
export interface RetentionConfig {
  readonly eventDays: number;
  readonly auditDays: number;
  readonly evaluationDays: number;
}

export const retentionOf = (
  values: Readonly<Record<keyof typeof retentionSettings, number>>,
): RetentionConfig => ({
  eventDays: values.ROOKERY_EVENT_RETENTION_DAYS,
  auditDays: values.ROOKERY_AUDIT_RETENTION_DAYS,
  evaluationDays: values.ROOKERY_EVALUATION_RETENTION_DAYS,
});
