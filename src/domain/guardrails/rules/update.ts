import { bumpGuardrails } from "../../door/access/index.ts";
import { operation } from "../../door/operation.ts";
import { checkDescription, checkName } from "../value-lists/index.ts";
import { checkLists } from "./check-lists.ts";
import { type NamedRule, requireRule } from "./get.ts";
import { type CreateRule, checkPriority } from "./make.ts";
import type { Rule } from "./rule.ts";
import { saveRule } from "./store.ts";
import { checkTerms } from "./terms.ts";

/** What is not given stays; `match` and `actions` are replaced whole. */
export type UpdateRule = NamedRule & Partial<CreateRule>;

/** Changes a rule, from the next message on. */
export const updateRule = operation({
  name: "rule.update",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found"],
  check: ({ id, name, description, priority, enabled, ...terms }: UpdateRule) => ({
    id,
    terms,
    changes: {
      ...(name !== undefined && { name: checkName(name) }),
      ...(description !== undefined && { description: checkDescription(description) }),
      ...(priority !== undefined && { priority: checkPriority(priority) }),
      ...(enabled !== undefined && { enabled }),
    },
  }),
  async run(context, { id, terms, changes }): Promise<Rule> {
    const { tx, scope, now } = context;
    const rule = await requireRule(context, { id }, true);
    context.target(rule.id);
    // As a whole: another trigger may not go with the conditions that stay.
    const checked = checkTerms({ ...rule, ...terms });
    // Lists that are gone stay named by what is not changed.
    if (terms.match !== undefined) await checkLists(context, checked);
    const changed: Rule = { ...rule, ...changes, ...checked, updatedAt: now };
    tx.beforeCommit(saveRule(tx, scope, changed), bumpGuardrails(tx, scope, null));
    return changed;
  },
});
