/**
 * Finds the rules that may match a message without asking each: those with `is` by the value, those with `in_list` by the list. Only
 * rules that need nothing but `contains` or `is_not` are looked at every time.
 */
import { type Condition, listsOf, type Rule, type RuleField } from "./rule.ts";
import type { IsListed, ValuesOf } from "./values.ts";
import { wantedOf } from "./wanted.ts";

export interface RuleIndex {
  /** Per field, per value: places of rules that can only match a message that has it. */
  readonly byValue: readonly (readonly [RuleField, ReadonlyMap<string, readonly number[]>])[];
  /** The same for values that are on a list. */
  readonly byList: readonly ListedRules[];
  /** Places of rules that may match any message, ascending. */
  readonly always: readonly number[];
}

interface ListedRules {
  readonly field: RuleField;
  readonly listId: string;
  readonly places: readonly number[];
}

/** @param rules in the order of evaluation */
export function indexRules(rules: readonly Rule[]): RuleIndex {
  const byValue = new Map<RuleField, Map<string, number[]>>();
  const byList = new Map<string, { field: RuleField; listId: string; places: number[] }>();
  const always: number[] = [];
  for (const [place, rule] of rules.entries()) {
    const keys = keysOf(rule);
    if (keys === null) always.push(place);
    for (const condition of keys ?? []) {
      const { field, operator } = condition;
      if (operator === "is") {
        const ofField = byValue.get(field) ?? new Map<string, number[]>();
        byValue.set(field, ofField);
        const wanted = wantedOf(condition);
        const places = ofField.get(wanted) ?? [];
        ofField.set(wanted, places);
        places.push(place);
      }
      for (const listId of listsOf(condition)) {
        const key = `${listId} ${field}`;
        const listed = byList.get(key) ?? { field, listId, places: [] };
        byList.set(key, listed);
        listed.places.push(place);
      }
    }
  }
  return { byValue: [...byValue], byList: [...byList.values()], always };
}

const isKey = ({ operator }: Condition): boolean => operator === "is" || operator === "in_list";

/** Conditions without one of which the rule cannot match; null: there are none, it must always be looked at. */
function keysOf({ match: { operator, conditions } }: Rule): readonly Condition[] | null {
  if (operator === "any") return conditions.every(isKey) ? conditions : null;
  const one = conditions.find((condition) => condition.operator === "is") ?? conditions.find(isKey);
  return one === undefined ? null : [one];
}

/** Places of the rules that may match, ascending, each once. A rule that is left out does not match. */
export function candidates(index: RuleIndex, valuesOf: ValuesOf, isListed: IsListed): readonly number[] {
  const { byValue, byList, always } = index;
  let found: Set<number> | null = null;
  for (const [field, places] of byValue)
    for (const value of valuesOf(field)) found = added(found, places.get(value));
  for (const { field, listId, places } of byList)
    if (valuesOf(field).some((value) => isListed(listId, value))) found = added(found, places);
  return found === null ? always : [...found, ...always].toSorted((a, b) => a - b);
}

function added(found: Set<number> | null, places: readonly number[] | undefined): Set<number> | null {
  if (places === undefined) return found;
  const all = found ?? new Set<number>();
  for (const place of places) all.add(place);
  return all;
}
