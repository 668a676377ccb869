/** What can be said of a document alone. */
import type { FleetDefaults, FleetDocument } from "../../../protocols/fleet-file/index.ts";
import { graceDaysOf, problemsOf, suggestion } from "../../../protocols/fleet-file/index.ts";
import { olderNames, permissions } from "../../door/access/index.ts";
import type { Installation } from "../../door/context.ts";
import { eventTypes, isEventType } from "../../door/events.ts";
import { type InputProblem, partAt, refuseInvalid } from "../../door/failures.ts";
import type { Path } from "../../door/text.ts";
import { checkFields, planPolicy } from "../../guardrails/policies/index.ts";
import { planRule } from "../../guardrails/rules/index.ts";
import { planItems, planValueList } from "../../guardrails/value-lists/index.ts";
import { type DeclaredShared, type DesiredFleet, namedIn, withListIds } from "../differences/index.ts";
import { MAX_FLEET_PROBLEMS } from "../limits.ts";
import type { Wanted } from "./begin.ts";

/**
 * A document as the domain reads it.
 * @param shared what it declares
 * @throws Failure input.invalid naming what is wrong with it
 */
export function desiredOf(document: FleetDocument, shared: DeclaredShared): DesiredFleet {
  refuseInvalid(
    problemsOf(document).shown.map(({ path, says }) => ({ path: ["document", ...path], message: says })),
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
  checkWords(input.desired);
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

/** @throws Failure input.invalid for permissions and event types that there are not: a key or webhook would lack what was meant, and nobody would be told */
function checkWords({ settings: { defaults }, tenants }: DesiredFleet): void {
  refuseInvalid(
    [
      ...wrongWords(defaults, ["document", "defaults"]),
      ...tenants.flatMap((tenant, index) => wrongWords(tenant, ["document", "tenants", index])),
    ].slice(0, MAX_FLEET_PROBLEMS),
  );
}

const wrongWords = ({ keys, inboxes = [], webhooks = [] }: FleetDefaults, path: Path): InputProblem[] => [
  ...wrongPermissions(keys, path),
  ...inboxes.flatMap((inbox, index) => wrongPermissions(inbox.keys, [...path, "inboxes", index])),
  ...webhooks.flatMap(({ event_types: types }, index) =>
    types.flatMap((type, at) =>
      isEventType(type)
        ? []
        : {
            path: [...path, "webhooks", index, "eventTypes", at],
            message: `There are no events of the type ${type}${suggestion(type, eventTypes)}`,
          },
    ),
  ),
];

const knownPermissions = [...new Set<string>([...permissions, ...Object.values(olderNames)])];

const wrongPermissions = (keys: FleetDefaults["keys"] = [], path: Path): InputProblem[] =>
  keys.flatMap(({ permissions: flags = {} }, index) =>
    Object.keys(flags).flatMap((name) =>
      knownPermissions.includes(name)
        ? []
        : {
            path: [...path, "keys", index, "permissions", { key: name }],
            message: `There is no permission ${name}${suggestion(name, knownPermissions)}`,
          },
    ),
  );
