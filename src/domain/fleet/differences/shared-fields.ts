/** Field by field, how policies, rules and lists differ from what a document declares. What it does not mention is not compared. */
import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { invalid } from "../../door/failures.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { checkFields, type Policy, type PolicyFields, withFields } from "../../guardrails/policies/index.ts";
import { checkRuleChange, type Rule, ruleAfter } from "../../guardrails/rules/index.ts";
import {
  differencesOf,
  planItems,
  planValueList,
  type ValueList,
} from "../../guardrails/value-lists/index.ts";
import type { ChangeDraft, FieldChange } from "./change.ts";
import { differing } from "./comparing.ts";
import type { DeclaredList, DeclaredRule } from "./desired.ts";

type Fields = NonNullable<ChangeDraft["fields"]>;

/** @throws Failure input.invalid, limit.exceeded, as creating or changing it would */
export function policyFields(declared: PolicyFields, policy: Policy | undefined, maxima: MailLimits): Fields {
  const checked = checkFields(declared, maxima);
  if (policy === undefined) return [];
  const after = withFields(policy, checked);
  const of = (name: string, from: object, to: object, given: object | undefined): FieldChange[] =>
    Object.keys(given ?? {}).flatMap((key) => {
      // Casts: both are records of what can be compared as JSON.
      const [before, wanted] = [(from as Record<string, unknown>)[key], (to as Record<string, unknown>)[key]];
      return [...differing([[`${name}.${key}`, before, wanted]])];
    });
  return [
    ...of("limits", policy.set, after.set, checked.limits),
    ...of("options", policy.options, after.options, checked.options),
    ...of("spamDetection", policy.spamDetection, after.spamDetection, checked.spamDetection),
  ];
}

/** The rule with ids in place of the names of lists. @param absent in place of a list that is not there yet */
export function withListIds(
  declared: DeclaredRule,
  listIds: ReadonlyMap<string, string>,
  absent: string,
): DeclaredRule {
  const idOf = (name: string): string => listIds.get(name) ?? (isUuid(name) ? name : absent);
  return {
    ...declared,
    match: {
      ...declared.match,
      conditions: declared.match.conditions.map((condition) =>
        condition.operator === "in_list"
          ? {
              ...condition,
              value: (typeof condition.value === "string" ? [condition.value] : condition.value).map(idOf),
            }
          : condition,
      ),
    },
  };
}

const NOT_THERE = "00000000-0000-0000-0000-000000000000";

const ruleKeys = ["description", "priority", "enabled", "trigger", "match", "actions"] as const;

/** @throws Failure input.invalid */
export function ruleFields(
  declared: DeclaredRule,
  rule: Rule | undefined,
  listIds: ReadonlyMap<string, string>,
): Fields {
  if (rule === undefined) return [];
  const after = ruleAfter(rule, checkRuleChange(withListIds(declared, listIds, NOT_THERE)));
  const names = new Map([...listIds].map(([name, id]) => [id, name]));
  return ruleKeys.flatMap((key) => {
    if (declared[key] === undefined || JSON.stringify(rule[key]) === JSON.stringify(after[key])) return [];
    const from = key === "match" ? withNames(rule.match, names) : rule[key];
    return [{ field: key, from, to: declared[key] }];
  });
}

/** For people to read. */
const withNames = (
  { operator, conditions }: Rule["match"],
  names: ReadonlyMap<string, string>,
): Rule["match"] => ({
  operator,
  conditions: conditions.map((condition) =>
    condition.operator !== "in_list"
      ? condition
      : {
          ...condition,
          value: (typeof condition.value === "string" ? [condition.value] : condition.value).map(
            (id) => names.get(id) ?? id,
          ),
        },
  ),
});

/** @throws Failure input.invalid, limit.exceeded */
export async function listFields(
  context: Context,
  name: string,
  declared: DeclaredList,
  list: ValueList | undefined,
): Promise<Fields> {
  const { type, description } = planValueList({ name, ...declared });
  const values = planItems(type, declared.items);
  if (list === undefined) return [];
  if (list.type !== type)
    throw invalid(["type"], `The list ${name} is of type ${list.type}, which cannot be changed to ${type}`);
  const { missing, extra } = await differencesOf(context, list.id, values);
  return [
    ...differing([
      ["description", list.description, declared.description === undefined ? undefined : description],
    ]),
    ...(missing.length + extra.length === 0
      ? []
      : [
          {
            field: "items",
            from: { count: list.itemsCount, extra: extra.slice(0, SHOWN_ITEMS) },
            to: { count: values.length, missing: missing.slice(0, SHOWN_ITEMS) },
          },
        ]),
  ];
}

/** Values of a list that a change names: more are counted. */
const SHOWN_ITEMS = 10;
