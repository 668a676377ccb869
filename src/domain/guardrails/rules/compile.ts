/**
 * Rules in the form in which they are evaluated: sorted, their values in normal form, one function a condition. Made once for each
 * version of what a pod has in force; pure.
 */
import { type Condition, listsOf, type Rule, type RuleField, type Trigger } from "./rule.ts";
import { indexRules, type RuleIndex } from "./rule-index.ts";
import type { IsListed, ValuesOf } from "./values.ts";
import { wantedOf } from "./wanted.ts";

export interface CompiledCondition {
  readonly condition: Condition;
  readonly holds: (valuesOf: ValuesOf, isListed: IsListed) => boolean;
}

export interface CompiledRule {
  readonly rule: Rule;
  readonly blocks: boolean;
  readonly conditions: readonly CompiledCondition[];
  readonly matches: (valuesOf: ValuesOf, isListed: IsListed) => boolean;
}

/** A value list that conditions name, and what of a message they ask it for. */
export interface ListedField {
  readonly listId: string;
  readonly field: RuleField;
}

export interface CompiledRules {
  /** In the order in which they are evaluated. */
  readonly rules: readonly CompiledRule[];
  readonly lists: readonly ListedField[];
  /** Whether any of them refuses a message. */
  readonly blocks: boolean;
  readonly index: RuleIndex;
}

/** @returns the enabled rules of that trigger: by priority, among equals the older first (nylas 4.3) */
export function compileRules(given: readonly Rule[], trigger: Trigger): CompiledRules {
  const rules = given
    .filter((rule) => rule.enabled && rule.trigger === trigger)
    .toSorted(byOrder)
    .map(compileRule);
  return {
    rules,
    lists: listsNamed(rules),
    blocks: rules.some(({ blocks }) => blocks),
    index: indexRules(rules.map(({ rule }) => rule)),
  };
}

function byOrder(a: Rule, b: Rule): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  const ms = a.createdAt.getTime() - b.createdAt.getTime();
  if (ms !== 0) return ms;
  return a.id < b.id ? -1 : 1;
}

function listsNamed(rules: readonly CompiledRule[]): readonly ListedField[] {
  const lists = new Map<string, ListedField>();
  for (const { condition } of rules.flatMap(({ conditions }) => conditions))
    for (const listId of listsOf(condition))
      lists.set(`${listId} ${condition.field}`, { listId, field: condition.field });
  return [...lists.values()];
}

function compileRule(rule: Rule): CompiledRule {
  const conditions = rule.match.conditions.map((condition) => ({ condition, holds: test(condition) }));
  const matches: CompiledRule["matches"] =
    rule.match.operator === "all"
      ? (valuesOf, isListed) => conditions.every(({ holds }) => holds(valuesOf, isListed))
      : (valuesOf, isListed) => conditions.some(({ holds }) => holds(valuesOf, isListed));
  return { rule, blocks: rule.actions.some(({ type }) => type === "block"), conditions, matches };
}

/** Any of several recipients makes a condition true; with `is_not` none may be the value (nylas 4.2). */
function test(condition: Condition): CompiledCondition["holds"] {
  const { field, operator } = condition;
  if (operator === "in_list") {
    const lists = listsOf(condition);
    return (valuesOf, isListed) =>
      valuesOf(field).some((one) => lists.some((listId) => isListed(listId, one)));
  }
  const wanted = wantedOf(condition);
  switch (operator) {
    case "contains":
      return (valuesOf) => valuesOf(field).some((one) => one.includes(wanted));
    case "is":
      return (valuesOf) => valuesOf(field).includes(wanted);
    case "is_not":
      return (valuesOf) => !valuesOf(field).includes(wanted);
  }
}
