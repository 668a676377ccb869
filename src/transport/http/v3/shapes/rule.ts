/** Rules (nylas 3.6). */
import { z } from "@hono/zod-openapi";
import type { CreateRule, Rule, UpdateRule } from "../../../../domain/guardrails/rules/index.ts";
import { MAX_RULE_CONDITIONS } from "../../../../domain/guardrails/rules/limits.ts";
import { MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_RULE_VALUE_LENGTH } from "../../../../domain/limits.ts";
import { fromWire } from "../../dialect/naming.ts";
import { applicationIds } from "./application-ids.ts";
import { present, seconds, wire } from "./common.ts";
import { sample } from "./sample.ts";

const name = z
  .string()
  .openapi({ description: `1 to ${MAX_NAME_LENGTH} characters.`, example: "Block spammers" });
const description = z
  .string()
  .openapi({ description: `For people to read; ${MAX_DESCRIPTION_LENGTH} characters at most.` });
const priority = z.number().openapi({
  type: "integer",
  description: "0 to 1000; the lower is evaluated first. 10 when absent.",
  example: 10,
});
const enabled = z
  .boolean()
  .openapi({ description: "Whether it is in force. True when absent.", example: true });
const trigger = z.string().openapi({
  description: "inbound: mail that arrives. outbound: what is sent. inbound when absent.",
  example: "inbound",
});

/** Strict, as all that lies inside a rule: a word that is not understood might have meant to block. */
const condition = z
  .strictObject({
    field: z.string().openapi({
      description:
        "from.address, from.domain or from.tld; for outbound rules also recipient.address, recipient.domain, recipient.tld (any of the recipients) and outbound.type (compose or reply).",
      example: "from.domain",
    }),
    operator: z.string().openapi({
      description: "is, is_not, contains (a literal part, never a pattern) or in_list. Case does not matter.",
      example: "is",
    }),
    value: z
      .union([z.string(), z.array(z.string())], { error: "Expected a text, or a list of texts" })
      .openapi({
        description: `A text of ${MAX_RULE_VALUE_LENGTH} characters at most; with in_list the ids of lists of the field's type.`,
        example: "spam.example",
      }),
  })
  .openapi("RuleCondition", { title: "Condition of a rule" });

const match = z
  .strictObject({
    operator: z
      .string()
      .optional()
      .openapi({ description: "all conditions must hold, or any. all when absent.", example: "all" }),
    conditions: z.array(condition).openapi({ description: `1 to ${MAX_RULE_CONDITIONS} conditions.` }),
  })
  .openapi("RuleMatch", { title: "When a rule matches" });

const action = z
  .strictObject({
    type: z.string().openapi({
      description:
        "block (alone: refuses the message), mark_as_spam, assign_to_folder, mark_as_read, mark_as_starred, archive or trash.",
      example: "block",
    }),
    value: z
      .string()
      .optional()
      .openapi({ description: "Name of the folder, of assign_to_folder alone.", example: "Leads" }),
  })
  .openapi("RuleAction", { title: "What a rule does" });

const actions = z.array(action).openapi({ description: "What is done to a message that matches." });

export const rule = z
  .object({
    id: z.uuid().openapi({ description: "Id of the rule.", example: sample.id }),
    name,
    description: description.optional(),
    ...{ priority, enabled, trigger, match, actions },
    ...applicationIds,
    created_at: seconds("When it was made."),
    updated_at: seconds("When it last changed."),
  })
  .openapi("Rule", { title: "Rule" });

const example = {
  name: "Block spammers",
  match: { conditions: [{ field: "from.domain", operator: "is", value: "spam.example" }] },
  actions: [{ type: "block" }],
};

const optional = {
  priority: priority.optional(),
  enabled: enabled.optional(),
  trigger: trigger.optional(),
};

export const createRuleBody = z
  .object({ name, match, actions, description: description.optional(), ...optional })
  .openapi("CreateRuleRequest", { title: "Rule to make", example });

export const updateRuleBody = z
  .object({
    name: name.optional(),
    match: match.optional(),
    actions: actions.optional(),
    description: description.nullable().optional(),
    ...optional,
  })
  .openapi("UpdateRuleRequest", { title: "Changes of a rule", example: { enabled: false } });

type Terms = Pick<z.infer<typeof createRuleBody>, "match" | "actions">;

/** The same without what is undefined. */
const matchOf = ({ operator, conditions }: Terms["match"]): CreateRule["match"] => ({
  ...(operator !== undefined && { operator }),
  conditions,
});
const actionsOf = (given: Terms["actions"]): CreateRule["actions"] =>
  given.map(({ type, value }) => ({ type, ...(value !== undefined && { value }) }));

export const fromCreateRule = ({
  match: given,
  actions: done,
  ...rest
}: z.infer<typeof createRuleBody>): CreateRule => ({
  ...fromWire(rest),
  match: matchOf(given),
  actions: actionsOf(done),
});

export const fromUpdateRule = (
  id: string,
  { match: given, actions: done, ...rest }: z.infer<typeof updateRuleBody>,
): UpdateRule => ({
  id,
  ...fromWire(rest),
  ...(given !== undefined && { match: matchOf(given) }),
  ...(done !== undefined && { actions: actionsOf(done) }),
});

export const toRule = (one: Rule): Record<string, unknown> =>
  present({
    ...wire(one, ["id", "name", "description", "priority", "enabled", "trigger", "match", "actions"]),
    application_id: one.organizationId,
    ...wire(one, ["organizationId", "createdAt", "updatedAt"]),
  });
