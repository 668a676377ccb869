import { bumpGuardrails } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import { checkDescription, checkName } from "../value-lists/index.ts";
import { checkLists } from "./check-lists.ts";
import { type NamedRule, requireRule } from "./get.ts";
import { type CreateRule, checkPriority } from "./make.ts";
import type { Rule } from "./rule.ts";
import { saveRule } from "./store.ts";
import { checkTerms, type GivenTerms } from "./terms.ts";

/** What is not given stays; `match` and `actions` are replaced whole. */
export type UpdateRule = NamedRule & Partial<CreateRule>;

/** Changes a rule, from the next message on. */
export const updateRule = operation({
  name: "rule.update",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found"],
  check: ({ id, ...changes }: UpdateRule) => ({ id, changes: checkRuleChange(changes) }),
  async run(context, { id, changes }): Promise<Rule> {
    const changed = await changeRule(context, id, changes);
    context.target(changed.id);
    return changed;
  },
});

/** What is wrong with single fields; their terms are looked at as a whole when the rule is known. @throws Failure input.invalid */
export const checkRuleChange = ({
  name,
  description,
  priority,
  enabled,
  ...terms
}: Partial<CreateRule>): RuleChange => ({
  terms,
  changes: {
    ...(name !== undefined && { name: checkName(name) }),
    ...(description !== undefined && { description: checkDescription(description) }),
    ...(priority !== undefined && { priority: checkPriority(priority) }),
    ...(enabled !== undefined && { enabled }),
  },
});

export interface RuleChange {
  readonly terms: Partial<GivenTerms>;
  readonly changes: Partial<Pick<Rule, "name" | "description" | "priority" | "enabled">>;
}

/** What the rule would be. @throws Failure input.invalid */
export const ruleAfter = (rule: Rule, { terms, changes }: RuleChange): Rule => ({
  ...rule,
  ...changes,
  // As a whole: another trigger may not go with the conditions that stay.
  ...checkTerms({ ...rule, ...terms }),
});

/** @throws Failure object.not_found, input.invalid */
export async function changeRule(context: Context, id: string, change: RuleChange): Promise<Rule> {
  const { tx, scope, now } = context;
  const rule = await requireRule(context, { id }, true);
  const changed: Rule = { ...ruleAfter(rule, change), updatedAt: now };
  // Lists that are gone stay named by what is not changed.
  if (change.terms.match !== undefined) await checkLists(context, changed);
  tx.beforeCommit(saveRule(tx, scope, changed), bumpGuardrails(tx, scope, null));
  return changed;
}
