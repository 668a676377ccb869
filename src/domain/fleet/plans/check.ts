/** What can be said of a document alone. */
import type { FleetDefaults, FleetDocument } from "../../../protocols/fleet-file/index.ts";
import { graceDaysOf, problemsOf, suggestion } from "../../../protocols/fleet-file/index.ts";
import { olderNames, permissions } from "../../door/access/index.ts";
import type { Installation } from "../../door/context.ts";
import { invalid, partAt } from "../../door/failures.ts";
import type { Path } from "../../door/text.ts";
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
  checkPermissions(input.desired);
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

/** @throws Failure input.invalid for a permission that there is not: its key would lack what was meant, and nobody would be told */
function checkPermissions({ settings: { defaults }, tenants }: DesiredFleet): void {
  const known = new Set<string>([...permissions, ...Object.values(olderNames)]);
  const check = (keys: FleetDefaults["keys"], path: Path): void => {
    for (const [index, { permissions: flags = {} }] of (keys ?? []).entries())
      for (const name of Object.keys(flags))
        if (!known.has(name))
          throw invalid(
            [...path, "keys", index, "permissions", { key: name }],
            `There is no permission ${name}${suggestion(name, [...known])}`,
          );
  };
  const checkAll = ({ keys, inboxes = [] }: FleetDefaults, path: Path): void => {
    check(keys, path);
    for (const [index, inbox] of inboxes.entries()) check(inbox.keys, [...path, "inboxes", index]);
  };
  checkAll(defaults, ["document", "defaults"]);
  for (const [index, tenant] of tenants.entries()) checkAll(tenant, ["document", "tenants", index]);
}
