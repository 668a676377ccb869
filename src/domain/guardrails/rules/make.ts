/** Making rules: what they must be, and the statements, for one as for many. */
import { bumpGuardrails, lockOwners } from "../../door/access/index.ts";
import { failed, made, type Outcome, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { checkDescription, checkName } from "../value-lists/index.ts";
import { checkLists } from "./check-lists.ts";
import { MAX_RULES } from "./limits.ts";
import { DEFAULT_PRIORITY, MAX_PRIORITY, type Rule } from "./rule.ts";
import { countRules, insertRules } from "./store.ts";
import { checkTerms, type GivenTerms } from "./terms.ts";

export interface CreateRule extends GivenTerms {
  readonly name: string;
  readonly description?: string | null;
  /** 0 to 1000, the lower first; 10 when absent. */
  readonly priority?: number;
  /** True when absent. */
  readonly enabled?: boolean;
}

export type RulePlan = Omit<Rule, "id" | "organizationId" | "createdAt" | "updatedAt">;

/** What follows from the input alone. @throws Failure input.invalid */
export const planRule = (input: CreateRule): RulePlan => ({
  name: checkName(input.name),
  description: checkDescription(input.description),
  priority: checkPriority(input.priority ?? DEFAULT_PRIORITY),
  enabled: input.enabled ?? true,
  ...checkTerms(input),
});

/** @throws Failure input.invalid */
export function checkPriority(priority: number): number {
  if (!Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY)
    throw invalid(["priority"], says`${field("priority")} must be a whole number from 0 to ${MAX_PRIORITY}`);
  return priority;
}

/**
 * Makes rules of the context's organization. An enabled outbound rule is in force in all its pods until one has it attached, so all of
 * them compile anew. @returns an outcome for each plan
 */
export async function makeRules(context: Context, plans: readonly RulePlan[]): Promise<Outcome<Rule>[]> {
  const { tx, scope, now, newId } = context;
  const { organizationId } = scope;
  // Pipelined, in this order: nobody adds to what is counted until this transaction ends.
  const [, count] = await Promise.all([
    lockOwners(tx, scope, [{ podId: null, inboxId: null }]),
    countRules(tx, scope),
    ...plans.map((plan) => checkLists(context, plan)),
  ]);
  const outcomes = plans.map((plan, index): Outcome<Rule> => {
    if (count + index >= MAX_RULES) return failed(full());
    return made({ ...plan, id: newId(), organizationId, createdAt: now, updatedAt: now });
  });
  tx.beforeCommit(insertRules(tx, scope, thingsMade(outcomes)), bumpGuardrails(tx, scope, null));
  return outcomes;
}

const full = () =>
  fail("limit.exceeded", {
    message: `Maximum number of rules (${MAX_RULES}) reached for this plan`,
    hint: "Delete rules that are no longer wanted.",
    limit: { resource: "rule", count: MAX_RULES },
  });
