/** What can be said of a document alone. */
import type { Installation } from "../../door/context.ts";
import { partAt } from "../../door/failures.ts";
import { checkFields, planPolicy } from "../../guardrails/policies/index.ts";
import { planRule } from "../../guardrails/rules/index.ts";
import { planItems, planValueList } from "../../guardrails/value-lists/index.ts";
import { withListIds } from "../differences/index.ts";
import type { Wanted } from "./begin.ts";

/** Stands for a list that is declared: which it is, is known when it is there. */
const SOME_LIST = "00000000-0000-0000-0000-000000000000";

/** @throws Failure input.invalid, limit.exceeded: what making one of what is declared fails with */
export function checkWanted<Input extends Wanted>(input: Input, { limits }: Installation): Input {
  const { policies, rules, lists } = input.desired.shared;
  const declared = (kind: string, name: string, make: () => unknown) =>
    partAt(["document", kind, { key: name }], make);
  const listIds = new Map(Object.keys(lists).map((name) => [name, SOME_LIST]));
  for (const [name, fields] of Object.entries(policies))
    declared("policies", name, () => planPolicy({ name, ...checkFields(fields, limits) }, limits));
  for (const [name, rule] of Object.entries(rules))
    declared("rules", name, () => planRule({ name, ...withListIds(rule, listIds, SOME_LIST) }));
  for (const [name, list] of Object.entries(lists))
    declared("lists", name, () => planItems(planValueList({ name, ...list }).type, list.items));
  return input;
}
