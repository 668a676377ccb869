import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { Rule } from "./rule.ts";
import { findRule } from "./store.ts";

export interface NamedRule {
  /** Of the rule (UUID). */
  readonly id: string;
}

export const noRule = () =>
  fail("object.not_found", { message: "Rule not found", hint: "List the rules to see their ids." });

/** One that the key sees, wherever the operation is about. @param lock holds off others who change it until the transaction ends @throws Failure object.not_found */
export async function requireRule({ tx, actor }: Context, { id }: NamedRule, lock = false): Promise<Rule> {
  const rule = isUuid(id) ? await findRule(tx, actor.scope, id, lock) : null;
  if (rule === null) throw noRule();
  return rule;
}

/** One rule. A key of a pod or inbox sees those that the pod has attached. */
export const getRule = operation({
  name: "rule.get",
  needs: ["guardrail_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  run: (context, input: NamedRule): Promise<Rule> => requireRule(context, input),
});
