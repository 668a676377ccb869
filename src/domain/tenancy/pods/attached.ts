/** What is attached to pods: ids that are there, and what a change of them comes to. */
import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, invalid } from "../../door/failures.ts";
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

/** What is attached to a pod, and what is to be in its place. */
export interface AttachmentChange {
  readonly podId: string;
  readonly before: Attached;
  readonly after: Attached;
  /** It is made in this transaction. */
  readonly isNew: boolean;
}

/**
 * Attaches to pods what each `after` names; the caller writes the pods' rows.
 * @returns for each null, or why not: input.invalid for a policy or rule that the organization does not have
 */
export async function attachTo(
  context: Context,
  changes: readonly AttachmentChange[],
): Promise<(Failure | null)[]> {
  if (changes.length === 0) return [];
  const { tx, scope, installation } = context;
  const wanted = changes.flatMap(({ before, after: { policyId } }) =>
    policyId === null || policyId === before.policyId ? [] : [policyId.toLowerCase()],
  );
  const policies =
    wanted.length === 0 ? [] : await findPolicies(tx, scope, [...new Set(wanted)], installation.limits);
  const known = new Set(policies.map(({ id }) => id));
  const refusals = changes.map(({ before, after: { policyId } }) =>
    policyId === null || policyId === before.policyId || known.has(policyId.toLowerCase())
      ? null
      : noSuchPolicy(),
  );
  const open = changes.filter((_one, index) => refusals[index] === null);
  const ofRules = await attachRules(
    context,
    open.map(({ podId, before, after, isNew }) => ({
      podId,
      before: before.ruleIds,
      after: after.ruleIds,
      isNew,
    })),
  );
  const byChange = new Map(open.map((one, index) => [one, ofRules[index] ?? null]));
  return changes.map((one, index) => refusals[index] ?? byChange.get(one) ?? null);
}

const noSuchPolicy = (): Failure =>
  invalid(["policyId"], "Invalid policy ID: there is no such policy", "List the policies to see their ids.");

/** Takes everything off a pod that is deleted. */
export async function detachAll(context: Context, podId: string, before: Attached): Promise<void> {
  await attachTo(context, [{ podId, before, after: nothingAttached, isNew: false }]);
}
