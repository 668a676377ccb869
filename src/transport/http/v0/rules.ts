/** Trials of rules and policies, and explanations: routes of this server's own, which the vendor does not have. */
import type { z } from "@hono/zod-openapi";
import { dryRun, explainRules, type OnTrial } from "../../../domain/guardrails/rules/index.ts";
import type { MessageRef } from "../../../domain/mail/messages/index.ts";
import { isUuid } from "../../../lib/uuid.ts";
import { noun } from "../dialect/dialect.ts";
import { wrongAt } from "../dialect/invalid-request.ts";
import { limitFieldsIn } from "../dialect/limit-names.ts";
import { fromLimits } from "../dialect/policy-limits.ts";
import { type Route, route } from "../dialect/route.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { messageIdOf, one } from "./sends.ts";
import { termsOf, toV0RuleExplanation, v0RuleExplanation } from "./shapes/rule.ts";
import { dryRunBody, toTrialLines, trialLines } from "./shapes/trial.ts";

/** @throws InvalidRequest unless exactly one is given */
function onTrial({
  rule_id: ruleId,
  rule,
  policy_id: policyId,
  policy,
}: z.infer<typeof dryRunBody>): OnTrial {
  const given: OnTrial[] = [
    ...(ruleId === undefined ? [] : [{ ruleId }]),
    ...(rule === undefined ? [] : [{ rule: termsOf(rule) }]),
    ...(policyId === undefined ? [] : [{ policyId }]),
    ...(policy === undefined ? [] : [{ limits: fromLimits(policy.limits) }]),
  ];
  const [of] = given;
  if (of !== undefined && given.length === 1) return of;
  throw wrongAt([], "Exactly one of rule_id, rule, policy_id and policy must be given");
}

const trial = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "post",
    path: `${prefix}/rules/dry-run`,
    name: `${client}rules.dryRun`,
    isOwn: true,
    summary: `Try a rule or a policy on mail that is there${at}`,
    description: `Says what a rule or a policy would have done to the mail ${reach}, and changes nothing. Mail of an inbox is judged newest first by a rule, and oldest first by a policy, whose caps count what is tried. ${trialLines}`,
    body: dryRunBody,
    bodyNamesObjects: true,
    does: dryRun,
    fields: limitFieldsIn("policy"),
    input: ({ body }) => ({
      of: onTrial(body),
      ...(body.since !== undefined && { since: new Date(body.since) }),
    }),
    lines: {
      of: toTrialLines,
      next: ({ state, end }, input) => (end === null ? { ...input, from: state } : null),
    },
  }),
];

/** A Message-ID, or the message's own id: no Message-ID is a UUID alone, as it has an @ (RFC 5322 section 3.6.4). */
const explained = (named: string): MessageRef => (isUuid(named) ? { id: named } : { messageId: named });

export const rules = noun({
  name: "rules",
  title: "Rules",
  about:
    "What rules and policies would do to mail, and why rules did what they did. Rules and policies themselves are made under /v3/rules and /v3/policies.",
  parameters: {},
  routes: [
    ...mount([organizationMount, podMount, inboxMount], trial),
    route({
      method: "get",
      path: `${one}/rules`,
      name: "inboxes.rules.explain",
      isOwn: true,
      summary: "Explain what rules made of a message",
      description:
        "Which rule did what to the message, and why: what was recorded when it was stored, and each rule in force now with its conditions, what of the message they looked at, and whether they hold. A key of a pod or an inbox sees the rules that its pod has attached.",
      does: explainRules,
      input: ({ params }) => explained(messageIdOf(params)),
      answer: v0RuleExplanation,
      present: toV0RuleExplanation,
    }),
  ],
});
