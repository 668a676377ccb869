/** What can be said of a document alone. */
import type { FleetDocument } from "../../../protocols/fleet-file/index.ts";
import { graceDaysOf, problemsOf } from "../../../protocols/fleet-file/index.ts";
import type { Installation } from "../../door/context.ts";
import { invalid, partAt } from "../../door/failures.ts";
import { checkFields, planPolicy } from "../../guardrails/policies/index.ts";
import { planRule } from "../../guardrails/rules/index.ts";
import { planItems, planValueList } from "../../guardrails/value-lists/index.ts";
import { type DeclaredShared, type DesiredFleet, namedIn, withListIds } from "../differences/index.ts";
import type { Wanted } from "./begin.ts";

/**
 * A document as the domain reads it.
 * @param shared what it declares
 * @throws Failure input.invalid naming the first of what is wrong with it
 */
export function desiredOf(document: FleetDocument, shared: DeclaredShared): DesiredFleet {
  const { shown, count } = problemsOf(document);
  const [first] = shown;
  if (first !== undefined)
    throw invalid(
      ["document", ...first.path],
      `${first.says}${count > 1 ? `; and ${count - 1} more problems` : ""}`,
    );
  const { defaults = {}, tenants } = document;
  return {
    settings: {
      defaults,
      graceDays: graceDaysOf(document),
      named: namedIn(defaults, tenants),
      declared: { policies: Object.keys(shared.policies), rules: Object.keys(shared.rules) },
    },
    shared,
    tenants,
  };
}

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
