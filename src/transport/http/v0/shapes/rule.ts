/** Rules as explanations show them. */
import { z } from "@hono/zod-openapi";
import type { ExplainedRule, Explanation, GivenTerms } from "../../../../domain/guardrails/rules/index.ts";
import { MAX_RULE_CONDITIONS } from "../../../../domain/guardrails/rules/limits.ts";
import { bodyList } from "./common.ts";
import { inboxId, messageId } from "./fields.ts";
import { sample } from "./sample.ts";

export const ruleId = z.uuid().openapi({ description: "Id of a rule.", example: sample.podId });

const condition = z
  .strictObject({
    field: z.string().openapi({ description: "What of a message it looks at.", example: "from.domain" }),
    operator: z.string().openapi({ description: "is, is_not, contains or in_list.", example: "is" }),
    value: z
      .union([z.string(), z.array(z.string())], { error: "Expected a text, or a list of texts" })
      .openapi({ description: "A text; with in_list ids of lists.", example: "spam.example" }),
  })
  .openapi("RuleCondition", { title: "Condition of a rule" });

const action = z
  .strictObject({
    type: z.string().openapi({ description: "What is done to a message that matches.", example: "block" }),
    value: z.string().optional().openapi({ description: "Name of the folder, of assign_to_folder alone." }),
  })
  .openapi("RuleAction", { title: "Action of a rule" });

export const ruleTerms = z
  .strictObject({
    trigger: z.string().optional().openapi({
      description: "inbound or outbound; inbound when absent.",
      example: "inbound",
    }),
    match: z
      .strictObject({
        operator: z.string().optional().openapi({ description: "all or any; all when absent." }),
        conditions: bodyList(condition, { description: `1 to ${MAX_RULE_CONDITIONS} conditions.` }),
      })
      .openapi({ description: "Which messages it matches." }),
    actions: bodyList(action, { description: "What is done to a message that matches." }),
  })
  .openapi("RuleTerms", { title: "What a rule says" });

/** The same without what is undefined. */
export const termsOf = ({ trigger, match, actions }: z.infer<typeof ruleTerms>): GivenTerms => ({
  ...(trigger !== undefined && { trigger }),
  match: {
    ...(match.operator !== undefined && { operator: match.operator }),
    conditions: match.conditions,
  },
  actions: actions.map(({ type, value }) => ({ type, ...(value !== undefined && { value }) })),
});

const applied = {
  actions: z.array(z.string()).openapi({ description: "Kinds of actions.", example: ["mark_as_spam"] }),
  folders: z.array(z.string()).openapi({ description: "Folders that it is assigned to.", example: [] }),
};

export const v0RuleExplanation = z
  .object({
    message_id: messageId,
    inbox_id: inboxId,
    recorded: z
      .object({
        ...applied,
        matched_rule_ids: z.array(ruleId).openapi({ description: "In the order of evaluation." }),
        evaluated_at: z.string().openapi({ description: "When. ISO 8601 in UTC.", example: sample.at }),
      })
      .optional()
      .openapi({
        description:
          "What was done to the message when it was stored; absent when no rule was looked at, or it was too long ago.",
      }),
    rules: z
      .array(
        z.object({
          rule_id: ruleId,
          name: z.string().openapi({ description: "Its name.", example: "Block spammers" }),
          matches: z.boolean().openapi({ description: "Whether it matches the message.", example: true }),
          reached: z.boolean().openapi({
            description: "Whether it is looked at: behind a rule that blocks none is.",
            example: true,
          }),
          actions: z.array(action).openapi({ description: "What it does to a message that matches." }),
          match_operator: z
            .string()
            .openapi({ description: "all conditions must hold, or any.", example: "all" }),
          conditions: z
            .array(
              condition.extend({
                holds: z.boolean().openapi({ description: "Whether the condition holds.", example: true }),
                actual: z
                  .array(z.string())
                  .openapi({ description: "What of the message it looked at.", example: ["spam.example"] }),
              }),
            )
            .openapi({ description: "What each condition made of the message." }),
        }),
      )
      .openapi({ description: "The rules in force now, in the order of evaluation." }),
    now: z.object(applied).openapi({ description: "What these rules would do to the message now." }),
  })
  .openapi("RuleExplanation", { title: "What rules made of a message, and why" });

const toExplainedRule = ({
  rule,
  matches,
  isReached,
  conditions,
}: ExplainedRule): Record<string, unknown> => ({
  rule_id: rule.id,
  name: rule.name,
  matches,
  reached: isReached,
  actions: rule.actions,
  match_operator: rule.match.operator,
  conditions: conditions.map(({ condition: asked, values, holds }) => ({ ...asked, holds, actual: values })),
});

export function toV0RuleExplanation({
  message,
  recorded,
  rules,
  applied: now,
}: Explanation): Record<string, unknown> {
  return {
    message_id: message.messageId,
    inbox_id: message.inboxAddress,
    ...(recorded !== null && {
      recorded: {
        actions: recorded.applied,
        folders: recorded.folders,
        matched_rule_ids: recorded.matchedRuleIds,
        evaluated_at: recorded.createdAt.toISOString(),
      },
    }),
    rules: rules.map(toExplainedRule),
    now: { actions: now.actions, folders: now.folders },
  };
}
