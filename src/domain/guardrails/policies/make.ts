/** Making policies: the rules and the statements, for one as for a thousand. */
import { lockOwners } from "../../door/access/index.ts";
import { failed, made, type Outcome, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { limitNames, type MailLimits, plainSpamDetection } from "../../door/mail-limits.ts";
import { checkFields, checkPolicyName, checkRetention, type PolicyFields } from "./check.ts";
import { effectiveLimits } from "./effective.ts";
import { MAX_POLICIES } from "./limits.ts";
import type { Policy, SetLimits } from "./policy.ts";
import { countPolicies, insertPolicies } from "./store.ts";

export interface CreatePolicy extends PolicyFields {
  readonly name: string;
}

export type PolicyPlan = Pick<Policy, "name" | "set" | "limits" | "options" | "spamDetection">;

/** All inherited. Cast: every name has its null. */
const nothingSet = {
  ...Object.fromEntries(limitNames.map((name) => [name, null])),
  attachmentTypes: null,
} as SetLimits;

const nothing: Omit<PolicyPlan, "name" | "limits"> = {
  set: nothingSet,
  options: {},
  spamDetection: plainSpamDetection,
};

/**
 * What a policy becomes with these fields: each limit and each setting of spam detection that is given replaces its own.
 * @throws Failure as checkFields, and input.invalid when junk would be kept for as long as other mail
 */
export function withFields(
  before: Omit<PolicyPlan, "name" | "limits">,
  fields: PolicyFields,
): Omit<PolicyPlan, "name" | "limits"> {
  const set = { ...before.set, ...fields.limits };
  checkRetention(set);
  return {
    set,
    options: { ...before.options, ...fields.options },
    spamDetection: { ...before.spamDetection, ...fields.spamDetection },
  };
}

/** What follows from the input alone. @throws Failure as checkFields */
export function planPolicy({ name, ...fields }: CreatePolicy, maxima: MailLimits): PolicyPlan {
  const plan = withFields(nothing, checkFields(fields, maxima));
  return { ...plan, name: checkPolicyName(name), limits: effectiveLimits(plan.set, maxima) };
}

/** What would hold under a policy with these limits alone. @throws Failure as checkFields and checkRetention */
export const limitsOf = (limits: Partial<SetLimits>, maxima: MailLimits): MailLimits =>
  effectiveLimits(withFields(nothing, checkFields({ limits }, maxima)).set, maxima);

const full = (): Failure =>
  fail("limit.exceeded", {
    message: "Policy limit exceeded",
    hint: "Delete policies that no pod has.",
    limit: { resource: "policy", count: MAX_POLICIES },
  });

/** Makes policies of the context's organization. @returns an outcome for each plan */
export async function makePolicies(
  context: Context,
  plans: readonly PolicyPlan[],
): Promise<Outcome<Policy>[]> {
  const { tx, scope, now, newId } = context;
  // Nobody adds to what is counted until this transaction ends.
  const [, count] = await Promise.all([
    lockOwners(tx, scope, [{ podId: null, inboxId: null }]),
    countPolicies(tx, scope),
  ]);
  const outcomes = plans.map((plan, index): Outcome<Policy> => {
    if (count + index >= MAX_POLICIES) return failed(full());
    const { organizationId } = scope;
    return made({ ...plan, id: newId(), organizationId, createdAt: now, updatedAt: now });
  });
  await insertPolicies(tx, scope, thingsMade(outcomes));
  return outcomes;
}
