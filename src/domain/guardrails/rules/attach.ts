import { bumpGuardrails } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_POD_RULES } from "../../limits.ts";
import { findTriggers } from "./store.ts";

/** What a pod had attached, and is to have: ids of rules, in the order of whoever attached them. */
export interface Attachment {
  readonly podId: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * Says what a change of a pod's rules comes to, for whoever writes the pod's row (also when it is deleted, with nothing after it). An
 * outbound rule that no pod has attached is in force in all of them, so that one which comes or goes here concerns them all.
 * @throws Failure input.invalid for an id that is no rule of the organization, and for too many
 */
export async function attachRules(context: Context, { podId, before, after }: Attachment): Promise<void> {
  const { tx, scope } = context;
  if (after.length > MAX_POD_RULES)
    throw invalid(["ruleIds"], says`${field("ruleIds")} may have ${MAX_POD_RULES} rules at most`);
  const found = await findTriggers(tx, scope, [...new Set([...before, ...after])]);
  const unknown = after.findIndex((id) => !found.has(id));
  if (unknown !== -1)
    throw invalid(
      ["ruleIds", unknown],
      "Invalid rule ID: there is no such rule",
      "List the rules to see their ids.",
    );
  const changed = [
    ...before.filter((id) => !after.includes(id)),
    ...after.filter((id) => !before.includes(id)),
  ];
  const concernsAll = changed.some((id) => found.get(id) === "outbound");
  await Promise.all([
    bumpGuardrails(tx, scope, podId),
    ...(concernsAll ? [bumpGuardrails(tx, scope, null)] : []),
  ]);
}
