/** Rules, and the trail that they leave (nylas 2.3). */
import { z } from "@hono/zod-openapi";
import { listEvaluations } from "../../../domain/guardrails/evaluations/index.ts";
import {
  createRule,
  deleteRule,
  getRule,
  listRules,
  updateRule,
} from "../../../domain/guardrails/rules/index.ts";
import { noun } from "../dialect/dialect.ts";
import { type Params, route } from "../dialect/route.ts";
import {
  dataOf,
  dataSchema,
  done,
  doneSchema,
  nestedPageOf,
  nestedPageSchema,
  pageOf,
  pageSchema,
} from "./answers.ts";
import { cursorFields, cursorRequest } from "./pages.ts";
import {
  createRuleBody,
  fromCreateRule,
  fromUpdateRule,
  rule,
  toRule,
  updateRuleBody,
} from "./shapes/rule.ts";
import { ruleEvaluation, toRuleEvaluation } from "./shapes/rule-evaluation.ts";
import { sample } from "./shapes/sample.ts";

const named = ({ rule_id: id = "" }: Params) => ({ id });
const one = dataSchema("RuleResponse", rule);
const seen =
  "A key of a workspace or an account sees the rules that its workspace has attached, and changes none.";
const effect =
  "Rules are evaluated by priority, the lower first, among equals the older first. The first that blocks refuses the message (550 5.7.1 to a sender, 403 to who sends) and ends it; otherwise all that match apply. Trash wins over junk, junk over archive, archive over folders.";

export const rules = noun({
  name: "rules",
  title: "Rules",
  about: "What is done with messages that fit: refused, placed or marked.",
  parameters: { rule_id: { description: "The rule.", example: sample.id } },
  routes: [
    route({
      method: "get",
      path: "/v3/rules",
      name: "rules.list",
      summary: "List the rules",
      description: `The rules, newest first. ${seen}`,
      query: z.object(cursorFields()),
      does: listRules,
      input: ({ query }) => cursorRequest(query),
      answer: nestedPageSchema("RulesResponse", rule),
      present: (page) => nestedPageOf(page, toRule),
    }),
    route({
      method: "post",
      path: "/v3/rules",
      name: "rules.create",
      summary: "Make a rule",
      description: `Makes a rule. It is in force where a workspace has it attached (rule_ids); an outbound rule that none has is in force everywhere. ${effect}`,
      body: createRuleBody,
      does: createRule,
      input: ({ body }) => fromCreateRule(body),
      status: 201,
      answer: one,
      present: (made) => dataOf(toRule(made)),
    }),
    route({
      method: "get",
      path: "/v3/rules/{rule_id}",
      name: "rules.find",
      summary: "Get a rule",
      description: `One rule. ${seen}`,
      does: getRule,
      input: ({ params }) => named(params),
      answer: one,
      present: (found) => dataOf(toRule(found)),
    }),
    route({
      method: "put",
      path: "/v3/rules/{rule_id}",
      name: "rules.update",
      summary: "Change a rule",
      description:
        "Changes what is given; match and actions are replaced whole. The change holds with the next message.",
      body: updateRuleBody,
      does: updateRule,
      input: ({ params, body }) => fromUpdateRule(named(params).id, body),
      answer: one,
      present: (changed) => dataOf(toRule(changed)),
    }),
    route({
      method: "delete",
      path: "/v3/rules/{rule_id}",
      name: "rules.destroy",
      summary: "Delete a rule",
      description: "Deletes the rule and takes it out of the rule_ids of all workspaces.",
      does: deleteRule,
      input: ({ params }) => named(params),
      answer: doneSchema,
      present: done,
    }),
    route({
      method: "get",
      path: "/v3/grants/{grant_id}/rule-evaluations",
      name: "rules.listEvaluations",
      summary: "List the evaluations of an account",
      description:
        "What rules made of the account's mail, newest first: one for each evaluation in which a rule was looked at, also when none matched. Kept for as long as the server is set to.",
      query: z.object(cursorFields(["uuid"])),
      does: listEvaluations,
      input: ({ query }) => cursorRequest(query),
      answer: pageSchema("RuleEvaluationsResponse", ruleEvaluation),
      present: (page) => pageOf(page, toRuleEvaluation),
    }),
  ],
});
