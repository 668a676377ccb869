/** What is attached to pods: ids that are there, and what a change of them comes to. */
import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { findPolicies } from "../../guardrails/policies/index.ts";
import { attachRules } from "../../guardrails/rules/index.ts";
import type { Pod } from "./pod.ts";

export type Attached = Pick<Pod, "policyId" | "ruleIds">;

export const nothingAttached: Attached = { policyId: null, ruleIds: [] };

/** Of the input alone. @throws Failure input.invalid */
export function checkAttached({ policyId, ruleIds }: Partial<Attached>): void {
  if (policyId !== undefined && policyId !== null && !isUuid(policyId))
    throw invalid(["policyId"], says`${field("policyId")} must be a valid UUID or null`);
  for (const [index, id] of (ruleIds ?? []).entries())
    if (!isUuid(id)) throw invalid(["ruleIds", index], says`${field("ruleIds")} must be valid UUIDs`);
}

/**
 * Attaches to a pod what `after` names, in place of `before`; the caller writes the pod's row.
 * @throws Failure input.invalid for a policy or rule that the organization does not have
 */
export async function attach(
  context: Context,
  podId: string,
  before: Attached,
  after: Attached,
): Promise<void> {
  const { tx, scope, installation } = context;
  const { policyId } = after;
  if (policyId !== null && policyId !== before.policyId) {
    const [found] = await findPolicies(tx, scope, [policyId], installation.limits);
    if (found === undefined)
      throw invalid(
        ["policyId"],
        "Invalid policy ID: there is no such policy",
        "List the policies to see their ids.",
      );
  }
  await attachRules(context, { podId, before: before.ruleIds, after: after.ruleIds });
}
