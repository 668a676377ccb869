import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { type CreateRule, makeRules, planRule } from "./make.ts";
import type { Rule } from "./rule.ts";

/** Makes a rule of the organization. An inbound rule does nothing before a pod has it attached (nylas 4.3). */
export const createRule = operation({
  name: "rule.create",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["limit.exceeded"],
  check: (input: CreateRule) => planRule(input),
  async run(context, plan): Promise<Rule> {
    const rule = single(await makeRules(context, [plan]));
    context.target(rule.id);
    return rule;
  },
});
