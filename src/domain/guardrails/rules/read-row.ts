/** Conditions and actions out of their columns. What cannot be read is an error: a rule that is half understood might let through. */
import { z } from "zod";
import { actionTypes, type Condition, operators, type RuleAction, ruleFields } from "./rule.ts";

const conditions = z.array(
  z.object({
    field: z.enum(ruleFields),
    operator: z.enum(operators),
    value: z.union([z.string(), z.array(z.string())]),
  }),
);

const actions = z.array(z.object({ type: z.enum(actionTypes), value: z.string().optional() }));

export const readConditions = (stored: unknown): readonly Condition[] => conditions.parse(stored);

export const readActions = (stored: unknown): readonly RuleAction[] =>
  actions.parse(stored).map(({ type, value }) => ({ type, ...(value !== undefined && { value }) }));

/** @throws Error for a word that is none of the values */
export function readWord<Value extends string>(values: readonly Value[], stored: string): Value {
  const value = values.find((one) => one === stored);
  if (value === undefined) throw new Error(`a rule has the unknown word ${stored}`);
  return value;
}
