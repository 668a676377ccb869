/** A rule as `/v3` gives it, as it is printed, and as flags write it. */
import { z } from "zod";
import { cellColumns, counted, detailsOf, minuteOf, rfc3339, tableOf, unlessEmpty } from "../output.ts";
import { UsageError } from "../parts.ts";

const condition = z.object({
  field: z.string(),
  operator: z.string(),
  value: z.union([z.string(), z.array(z.string())]),
});
export type Condition = z.output<typeof condition>;
const action = z.object({ type: z.string(), value: z.string().nullish() });
export type Action = z.output<typeof action>;

export const ruleShape = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullish(),
  priority: z.number().nullish(),
  enabled: z.boolean().nullish(),
  trigger: z.string().nullish(),
  match: z.object({ operator: z.string().nullish(), conditions: z.array(condition) }),
  actions: z.array(action),
  application_id: z.string().nullish(),
  organization_id: z.string().nullish(),
  created_at: z.number(),
  updated_at: z.number(),
});
export type Rule = z.output<typeof ruleShape>;

export const ruleJson = (rule: Rule): object => ({
  id: rule.id,
  name: rule.name,
  ...unlessEmpty("description", rule.description),
  priority: rule.priority ?? 0,
  enabled: rule.enabled === true,
  trigger: triggerOf(rule),
  match: { operator: rule.match.operator ?? "all", conditions: rule.match.conditions },
  actions: rule.actions.map(({ type, value }) => ({ type, ...unlessEmpty("value", value) })),
  ...unlessEmpty("application_id", rule.application_id),
  ...unlessEmpty("organization_id", rule.organization_id),
  created_at: rfc3339(rule.created_at),
  updated_at: rfc3339(rule.updated_at),
});

const triggerOf = ({ trigger }: Rule): string => trigger || "inbound";

/** Of a rule that no workspace has attached: whether it governs every account. */
export const isOfAll = ({ trigger, enabled }: Pick<Rule, "trigger" | "enabled">): boolean =>
  trigger === "outbound" && enabled === true;

export const ruleText = (rule: Rule): string =>
  detailsOf([
    ["ID", rule.id],
    ["Name", rule.name],
    ["Description", rule.description || undefined],
    ["Trigger", triggerOf(rule)],
    ["Enabled", rule.enabled === true ? "yes" : "no"],
    ["Priority", String(rule.priority ?? 0)],
    [`Match ${rule.match.operator ?? "all"}`, rule.match.conditions.map(conditionText).join("\n")],
    ["Actions", rule.actions.map(actionText).join("\n")],
    ["Created", minuteOf(rule.created_at)],
    ["Updated", minuteOf(rule.updated_at)],
  ]);

export const conditionText = ({ field, operator, value }: Condition): string =>
  `${field} ${operator} ${typeof value === "string" ? value : value.join(", ")}`;

export const actionText = ({ type, value }: Action): string => (value ? `${type} ${value}` : type);

const TRIGGER_COLUMNS = 8;
const PRIORITY_COLUMNS = 8;
const ACTIONS_COLUMNS = 15;
const NAME_COLUMNS = cellColumns(4) - TRIGGER_COLUMNS - PRIORITY_COLUMNS - ACTIONS_COLUMNS;

export function ruleTable(rules: readonly Rule[]): string {
  if (rules.length === 0)
    return "There is no rule: `rookery agent rule create --help` shows how to make one.";
  const table = tableOf(
    [
      ["rule, id", NAME_COLUMNS],
      ["trigger", TRIGGER_COLUMNS],
      ["priority", PRIORITY_COLUMNS],
      ["actions", ACTIONS_COLUMNS],
    ],
    rules.map((rule) => [
      `${rule.name}${rule.enabled === true ? "" : " (disabled)"}\n${rule.id}`,
      triggerOf(rule),
      String(rule.priority ?? 0),
      rule.actions.map(actionText).join("\n"),
    ]),
  );
  return `${counted(rules.length, "rule")}\n${table}`;
}

/** `from.domain,is,spam.example`; behind `in_list` every further part is the id of a list. @throws UsageError */
export function parseCondition(text: string): Condition {
  const [field, operator, ...rest] = text.split(",");
  if (!field || !operator || rest.length === 0)
    throw new UsageError(
      `--condition ${text}: it takes field,operator,value, such as from.domain,is,spam.example.`,
    );
  if (operator === "in_list") return { field, operator, value: rest.map((id) => id.trim()) };
  return { field, operator, value: rest.join(",") };
}

/** `block`, or `assign_to_folder=Sales`. @throws UsageError */
export function parseAction(text: string): Action {
  const [, type, value] = /^([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (type === undefined)
    throw new UsageError(`--action ${text}: it takes a type or type=value, such as assign_to_folder=Sales.`);
  // The vendor's command has both words for it.
  const known = type === "move_to_folder" ? "assign_to_folder" : type;
  return value === undefined ? { type: known } : { type: known, value };
}
