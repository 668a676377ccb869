/**
 * Rules in the form in which they are evaluated: sorted, their values in normal form, one function a condition. Made once for each
 * version of what a pod has in force; pure.
 */
import { asciiDomain, normalValue, trimmed, type ValueType } from "../value-lists/index.ts";
import { type Condition, kindOf, listsOf, type Rule, type RuleField, type Trigger } from "./rule.ts";
import type { Party, Subject } from "./subject.ts";

/** Whether a value is on a value list. */
export type IsListed = (listId: string, value: string) => boolean;

export interface CompiledCondition {
  readonly condition: Condition;
  /** What of the subject it looks at: several values for recipients, none where nobody is named. */
  readonly valuesOf: (subject: Subject) => readonly string[];
  readonly holds: (subject: Subject, isListed: IsListed) => boolean;
}

export interface CompiledRule {
  readonly rule: Rule;
  readonly blocks: boolean;
  readonly conditions: readonly CompiledCondition[];
  readonly matches: (subject: Subject, isListed: IsListed) => boolean;
}

/** A value list that conditions name, and what of a message they ask it for. */
export interface ListedField {
  readonly listId: string;
  readonly valuesOf: CompiledCondition["valuesOf"];
}

export interface CompiledRules {
  /** In the order in which they are evaluated. */
  readonly rules: readonly CompiledRule[];
  readonly lists: readonly ListedField[];
  /** Those that refuse a message, with what they ask. */
  readonly blocking: Pick<CompiledRules, "rules" | "lists">;
}

/** @returns the enabled rules of that trigger: by priority, among equals the older first (nylas 4.3) */
export function compileRules(given: readonly Rule[], trigger: Trigger): CompiledRules {
  const rules = given
    .filter((rule) => rule.enabled && rule.trigger === trigger)
    .toSorted(byOrder)
    .map(compileRule);
  const blocking = rules.filter(({ blocks }) => blocks);
  return {
    rules,
    lists: listsNamed(rules),
    blocking: { rules: blocking, lists: listsNamed(blocking) },
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
  for (const { condition, valuesOf } of rules.flatMap(({ conditions }) => conditions))
    for (const listId of listsOf(condition)) lists.set(`${listId} ${condition.field}`, { listId, valuesOf });
  return [...lists.values()];
}

export function compileRule(rule: Rule): CompiledRule {
  const conditions = rule.match.conditions.map(compileCondition);
  const matches: CompiledRule["matches"] =
    rule.match.operator === "all"
      ? (subject, isListed) => conditions.every(({ holds }) => holds(subject, isListed))
      : (subject, isListed) => conditions.some(({ holds }) => holds(subject, isListed));
  return { rule, blocks: rule.actions.some(({ type }) => type === "block"), conditions, matches };
}

function compileCondition(condition: Condition): CompiledCondition {
  const valuesOf = reader(condition.field);
  return { condition, valuesOf, holds: test(condition, valuesOf) };
}

/** Any of several recipients makes a condition true; with `is_not` none may be the value (nylas 4.2). */
function test(condition: Condition, valuesOf: CompiledCondition["valuesOf"]): CompiledCondition["holds"] {
  const { field, operator, value } = condition;
  if (operator === "in_list") {
    const lists = listsOf(condition);
    return (subject, isListed) =>
      valuesOf(subject).some((one) => lists.some((listId) => isListed(listId, one)));
  }
  const wanted = typeof value === "string" ? value : "";
  const kind = kindOf(field);
  if (operator === "contains") {
    const part = fragment(kind, wanted);
    return (subject) => valuesOf(subject).some((one) => one.includes(part));
  }
  const whole = kind === null ? wanted.trim().toLowerCase() : wholeValue(kind, wanted);
  return operator === "is"
    ? (subject) => valuesOf(subject).includes(whole)
    : (subject) => !valuesOf(subject).includes(whole);
}

/** The normal form; of text that can be no such value itself, so that it is literal whatever it holds. */
const wholeValue = (kind: ValueType, given: string): string =>
  normalValue(kind, given) ?? trimmed(kind, given);

/** A part of a value, literal. A dot in front of one says where a label begins, and is kept: without it more would fit. */
function fragment(kind: ValueType | null, given: string): string {
  const text = given.trim().toLowerCase();
  if (kind === null) return text;
  if (kind !== "address") return asciiDomain(text.replace(/^@/, ""));
  const at = text.lastIndexOf("@");
  return at === -1 ? text : `${text.slice(0, at + 1)}${asciiDomain(text.slice(at + 1))}`;
}

const none: readonly string[] = [];
const senders =
  (part: keyof Party) =>
  ({ from }: Subject): readonly string[] =>
    from === null ? none : [from[part]];
const recipients =
  (part: keyof Party) =>
  (subject: Subject): readonly string[] =>
    subject.recipients.map((party) => party[part]);

function reader(field: RuleField): CompiledCondition["valuesOf"] {
  switch (field) {
    case "from.address":
      return senders("address");
    case "from.domain":
      return senders("domain");
    case "from.tld":
      return senders("tld");
    case "recipient.address":
      return recipients("address");
    case "recipient.domain":
      return recipients("domain");
    case "recipient.tld":
      return recipients("tld");
    case "outbound.type":
      return ({ outboundType }) => (outboundType === null ? none : [outboundType]);
  }
}
