/** Trials and explanations of rules: routes of this server's own, which the vendor does not have. */
import type { z } from "@hono/zod-openapi";
import { dryRunRule, explainRules, type RuleOnTrial } from "../../../domain/guardrails/rules/index.ts";
import { noun } from "../dialect/dialect.ts";
import { wrongAt } from "../dialect/invalid-request.ts";
import { type Route, route } from "../dialect/route.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { messageIdOf, one } from "./sends.ts";
import {
  dryRunBody,
  termsOf,
  toTrialLines,
  toV0RuleExplanation,
  trialLines,
  v0RuleExplanation,
} from "./shapes/rule.ts";

/** @throws InvalidRequest unless exactly one of the two is given */
function onTrial({ rule_id: ruleId, rule }: z.infer<typeof dryRunBody>): RuleOnTrial {
  if (ruleId !== undefined && rule === undefined) return { ruleId };
  if (rule !== undefined && ruleId === undefined) return { rule: termsOf(rule) };
  throw wrongAt([], "Exactly one of rule_id and rule must be given");
}

const trial = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "post",
    path: `${prefix}/rules/dry-run`,
    name: `${client}rules.dryRun`,
    isOwn: true,
    summary: `Try a rule on mail that is there${at}`,
    description: `Says what a rule would have done to the mail ${reach}, newest first in each inbox, and changes nothing. ${trialLines}`,
    body: dryRunBody,
    bodyNamesObjects: true,
    does: dryRunRule,
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

export const rules = noun({
  name: "rules",
  title: "Rules",
  about:
    "What rules would do to mail, and why they did what they did. Rules themselves are made under /v3/rules.",
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
      input: ({ params }) => ({ messageId: messageIdOf(params) }),
      answer: v0RuleExplanation,
      present: toV0RuleExplanation,
    }),
  ],
});
