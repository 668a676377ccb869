/** What is attached to pods: ids that are there, and what a change of them comes to. */
import { isUuid } from "../../../lib/uuid.ts";
import { bumpGuardrails } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
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
  { tx, scope }: Context,
  podId: string,
  before: Attached,
  after: Attached,
): Promise<void> {
  if (after.policyId !== null && after.policyId !== before.policyId)
    throw invalid(["policyId"], "Invalid policy ID: there is no such policy");
  if (after.ruleIds.some((id) => !before.ruleIds.includes(id)))
    throw invalid(["ruleIds"], "Invalid rule ID: there is no such rule");
  await bumpGuardrails(tx, scope, podId);
}
