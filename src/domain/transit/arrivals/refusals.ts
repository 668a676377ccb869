/** Why inboxes do not take a mail: for what it is, or for now. */
import type { FailCode, Failure } from "../../door/failures.ts";

/** By the inbox's id. */
export type Refusals = ReadonlyMap<string, Failure>;

export const noRefusals: Refusals = new Map();

/** With these the mail may come again, and be taken then. */
const passing: ReadonlySet<FailCode> = new Set<FailCode>([
  "guardrails.unavailable",
  "limit.reached",
  "storage.reached",
]);

/** The refusal with which the mail is to come again; null when there is none. */
export const transientOf = (refusals: Refusals): Failure | null =>
  [...refusals.values()].find(({ code }) => passing.has(code)) ?? null;

/** All refusals of each mail. */
export function refusalsTogether<Mail>(...all: readonly ReadonlyMap<Mail, Refusals>[]): Map<Mail, Refusals> {
  const together = new Map<Mail, Refusals>();
  for (const [mail, own] of all.flatMap((some) => [...some]))
    together.set(mail, new Map([...(together.get(mail) ?? noRefusals), ...own]));
  return together;
}
