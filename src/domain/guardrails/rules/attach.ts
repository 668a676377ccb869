import { bumpGuardrails, bumpGuardrailsOf } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_POD_RULES } from "./limits.ts";
import { findTriggers } from "./store.ts";

/** What a pod had attached, and is to have: ids of rules, in the order of whoever attached them. */
export interface Attachment {
  readonly podId: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** It is made in this transaction, so that nobody has compiled what it has attached. */
  readonly isNew: boolean;
}

/**
 * Says what changes of pods' rules come to, for whoever writes the pods' rows (also when one is deleted, with nothing after it). An
 * outbound rule that no pod has attached is in force in all of them, so that one which comes or goes here concerns them all.
 * @returns for each null, or why it is refused: input.invalid for an id that is no rule of the organization, and for too many
 */
export async function attachRules(
  context: Context,
  wanted: readonly Attachment[],
): Promise<(Failure | null)[]> {
  const { tx, scope } = context;
  const found = await findTriggers(tx, scope, [
    ...new Set(wanted.flatMap(({ before, after }) => [...before, ...after])),
  ]);
  const refusals = wanted.map(({ after }) => refusalOf(after, found));
  const attached = wanted.filter((_one, index) => refusals[index] === null);
  const concernsAll = attached.some((one) => changedIn(one).some((id) => found.get(id) === "outbound"));
  await Promise.all([
    bumpGuardrailsOf(
      tx,
      scope,
      attached.filter(({ isNew }) => !isNew).map(({ podId }) => podId),
    ),
    ...(concernsAll ? [bumpGuardrails(tx, scope, null)] : []),
  ]);
  return refusals;
}

const changedIn = ({ before, after }: Attachment): string[] => [
  ...before.filter((id) => !after.includes(id)),
  ...after.filter((id) => !before.includes(id)),
];

function refusalOf(after: readonly string[], found: ReadonlyMap<string, unknown>): Failure | null {
  if (after.length > MAX_POD_RULES)
    return invalid(["ruleIds"], says`${field("ruleIds")} may have ${MAX_POD_RULES} rules at most`);
  const unknown = after.findIndex((id) => !found.has(id));
  return unknown === -1
    ? null
    : invalid(
        ["ruleIds", unknown],
        "Invalid rule ID: there is no such rule",
        "List the rules to see their ids.",
      );
}
