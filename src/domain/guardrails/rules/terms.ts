/** What callers say in a rule, and the checks that it passes (nylas 4.2). */
import { isUuid } from "../../../lib/uuid.ts";
import { isHeaderSafe } from "../../../protocols/address/index.ts";
import { invalid } from "../../door/failures.ts";
import { field, type Path, says } from "../../door/text.ts";
import { MAX_RULE_VALUE_LENGTH } from "../../limits.ts";
import { trimmed } from "../value-lists/index.ts";
import { MAX_RULE_ACTIONS, MAX_RULE_CONDITIONS } from "./limits.ts";
import {
  actionTypes,
  type Condition,
  kindOf,
  matchOperators,
  operators,
  outboundTypes,
  type RuleAction,
  type RuleTerms,
  ruleFields,
  type Trigger,
  triggers,
} from "./rule.ts";

export interface GivenCondition {
  readonly field: string;
  readonly operator: string;
  readonly value: string | readonly string[];
}

export interface GivenAction {
  readonly type: string;
  readonly value?: string;
}

export interface GivenTerms {
  /** `inbound` when absent. */
  readonly trigger?: string;
  readonly match: {
    /** `all` when absent. */
    readonly operator?: string;
    readonly conditions: readonly GivenCondition[];
  };
  readonly actions: readonly GivenAction[];
}

/**
 * What can be said without looking at anything: whether the lists are there and fit is asked in the transaction (`checkLists`).
 * @throws Failure input.invalid naming the place
 */
export function checkTerms({ trigger = "inbound", match, actions }: GivenTerms): RuleTerms {
  const checked = oneOf(["trigger"], triggers, trigger);
  const { operator = "all", conditions } = match;
  if (conditions.length === 0 || conditions.length > MAX_RULE_CONDITIONS)
    throw invalid(
      ["match", "conditions"],
      says`${field("match", "conditions")} must have 1 to ${MAX_RULE_CONDITIONS} conditions`,
      "Put many values on a value list, which one condition names.",
    );
  return {
    trigger: checked,
    match: {
      operator: oneOf(["match", "operator"], matchOperators, operator),
      conditions: conditions.map((given, index) =>
        checkCondition(["match", "conditions", index], given, checked),
      ),
    },
    actions: checkActions(actions),
  };
}

function oneOf<Value extends string>(at: Path, values: readonly Value[], given: string): Value {
  const value = values.find((one) => one === given);
  if (value === undefined) throw invalid(at, says`${field(...at)} must be one of ${values.join(", ")}`);
  return value;
}

function checkCondition(at: Path, given: GivenCondition, trigger: Trigger): Condition {
  const looksAt = oneOf([...at, "field"], ruleFields, given.field);
  const operator = oneOf([...at, "operator"], operators, given.operator);
  if (trigger === "inbound" && !looksAt.startsWith("from."))
    throw invalid([...at, "field"], `An inbound rule cannot look at ${looksAt}`, "Use an outbound rule.");
  const { value } = given;
  if (operator === "in_list") return { field: looksAt, operator, value: checkListIds(at, looksAt, value) };
  if (typeof value !== "string")
    throw invalid([...at, "value"], `The value of the operator ${operator} must be one text`);
  checkValue([...at, "value"], value);
  if (looksAt === "outbound.type") checkOutboundType(at, operator, value);
  else if (trimmed(kindOf(looksAt) ?? "address", value) === "") throw isEmpty([...at, "value"]);
  return { field: looksAt, operator, value };
}

function checkOutboundType(at: Path, operator: Condition["operator"], value: string): void {
  if (operator === "contains")
    throw invalid([...at, "operator"], `The field outbound.type cannot be asked with ${operator}`);
  oneOf([...at, "value"], outboundTypes, value.trim().toLowerCase());
}

const isEmpty = (at: Path) => invalid(at, "A value cannot be empty");

function checkValue(at: Path, value: string): void {
  if (value.trim() === "") throw isEmpty(at);
  if (value.length > MAX_RULE_VALUE_LENGTH || !isHeaderSafe(value))
    throw invalid(at, `A value has ${MAX_RULE_VALUE_LENGTH} characters at most, and no control characters`);
}

function checkListIds(
  at: Path,
  looksAt: Condition["field"],
  value: Condition["value"],
): string | readonly string[] {
  if (kindOf(looksAt) === null)
    throw invalid([...at, "operator"], `The field ${looksAt} cannot be asked with a value list`);
  const ids = typeof value === "string" ? [value] : value;
  if (ids.length === 0 || ids.length > MAX_RULE_CONDITIONS)
    throw invalid([...at, "value"], `A condition must name 1 to ${MAX_RULE_CONDITIONS} lists`);
  const unknown = ids.findIndex((id) => !isUuid(id));
  if (unknown !== -1) throw noSuchList(at, unknown);
  return typeof value === "string" ? value.toLowerCase() : value.map((id) => id.toLowerCase());
}

/** @param at the condition */
export const noSuchList = (at: Path, index: number) =>
  invalid(
    [...at, "value", index],
    "Invalid list ID: there is no such list",
    "List the value lists to see their ids.",
  );

function checkActions(given: readonly GivenAction[]): readonly RuleAction[] {
  if (given.length === 0 || given.length > MAX_RULE_ACTIONS)
    throw invalid(["actions"], says`${field("actions")} must have 1 to ${MAX_RULE_ACTIONS} actions`);
  const actions = given.map((action, index) => checkAction(["actions", index], action));
  if (actions.length > 1 && actions.some(({ type }) => type === "block"))
    throw invalid(["actions"], "The action block must be the only one of its rule");
  return actions;
}

function checkAction(at: Path, { type: given, value }: GivenAction): RuleAction {
  const type = oneOf([...at, "type"], actionTypes, given);
  if (type !== "assign_to_folder") {
    if (value !== undefined) throw invalid([...at, "value"], `The action ${type} takes no value`);
    return { type };
  }
  if (value === undefined) throw invalid([...at, "value"], `The action ${type} needs the name of a folder`);
  checkValue([...at, "value"], value);
  return { type, value: value.trim() };
}
