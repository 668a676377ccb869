/** When drafts are sent (contract 10). */
import type { Actor } from "../../door/access/index.ts";
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import type { Schedule } from "./draft.ts";
import { MAX_SCHEDULE_DAYS } from "./limits.ts";

/** The label that a draft has while it is scheduled. */
export const SCHEDULED = "scheduled";

/**
 * A moment that is over means now (who computed it is late by what the request took) by PostgreSQL's clock, and stays as it is: written as our now, a draft
 * would be as late as our clock is ahead.
 * @param actor who schedules it
 * @throws Failure input.invalid for one that is too far away
 */
export function scheduledAt(
  sendAt: Date,
  now: Date,
  { unseenLabels }: Pick<Actor, "unseenLabels">,
): Schedule {
  if (sendAt.getTime() > now.getTime() + MAX_SCHEDULE_DAYS * 86_400_000)
    throw invalid(
      ["sendAt"],
      says`${field("sendAt")} may be ${MAX_SCHEDULE_DAYS} days ahead at most`,
      "Keep the draft without it, and schedule it later.",
    );
  return { status: "scheduled", sendAt, unseen: unseenLabels };
}

/** Labels that callers put on a draft, which the message will have. */
export const ownLabels = (labels: readonly string[]): string[] =>
  labels.filter((label) => label !== SCHEDULED);

/** Those with the one that says whether it is scheduled. */
export const withSchedule = (own: readonly string[], schedule: Schedule | null): readonly string[] =>
  schedule?.status === "scheduled" ? [SCHEDULED, ...own] : own;
