/** A policy as `/v3` gives it, and as it is printed. */
import { z } from "zod";
import {
  cellColumns,
  counted,
  dayOf,
  detailsOf,
  minuteOf,
  rfc3339,
  tableOf,
  unlessEmpty,
} from "../output.ts";

const anything = z.record(z.string(), z.unknown()).nullish();

export const policyShape = z.object({
  id: z.string(),
  name: z.string(),
  application_id: z.string().nullish(),
  organization_id: z.string().nullish(),
  rules: z.array(z.string()).nullish(),
  limits: anything,
  spam_detection: anything,
  options: anything,
  created_at: z.number(),
  updated_at: z.number(),
});
export type Policy = z.output<typeof policyShape>;

/** Limits and options are passed through: a server may know more of them than this command. */
export const policyJson = (policy: Policy): object => ({
  id: policy.id,
  name: policy.name,
  ...unlessEmpty("application_id", policy.application_id),
  ...unlessEmpty("organization_id", policy.organization_id),
  rules: policy.rules ?? [],
  limits: policy.limits ?? {},
  spam_detection: policy.spam_detection ?? {},
  ...(Object.keys(policy.options ?? {}).length > 0 && { options: policy.options }),
  created_at: rfc3339(policy.created_at),
  updated_at: rfc3339(policy.updated_at),
});

export const policyText = (policy: Policy): string =>
  [
    detailsOf([
      ["ID", policy.id],
      ["Name", policy.name],
      ["Created", minuteOf(policy.created_at)],
      ["Updated", minuteOf(policy.updated_at)],
    ]),
    ...section("Limits", policy.limits),
    ...section("Spam detection", policy.spam_detection),
    ...section("Options", policy.options),
  ].join("\n");

function section(title: string, values: Policy["limits"]): string[] {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return [];
  const width = Math.max(...entries.map(([name]) => name.length)) + 2;
  return ["", `${title}:`, ...entries.map(([name, value]) => `  ${name.padEnd(width)}${shown(name, value)}`)];
}

/** Sizes with a form that people read; a list with commas, on lines of its own where it is long. */
function shown(name: string, value: unknown): string {
  if (value === null || value === undefined) return "inherited";
  if (value === -1) return "no limit";
  if (Array.isArray(value)) return value.length === 0 ? "all" : value.join(", ");
  if (typeof value === "number" && /size|storage/.test(name)) return `${value}${binary(value)}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** " (25 MB)" for what is a whole number of them. */
function binary(bytes: number): string {
  for (const [unit, size] of [
    ["GB", 1024 ** 3],
    ["MB", 1024 ** 2],
    ["KB", 1024],
  ] as const)
    if (bytes >= size && bytes % size === 0) return ` (${bytes / size} ${unit})`;
  return "";
}

const SENDS_COLUMNS = 12;
const DAY_COLUMNS = 10;
const NAME_COLUMNS = cellColumns(3) - SENDS_COLUMNS - DAY_COLUMNS;

export function policyTable(policies: readonly Policy[]): string {
  if (policies.length === 0) return "There is no policy, so that the installation's own limits hold.";
  const table = tableOf(
    [
      ["policy, id", NAME_COLUMNS],
      ["sends a day", SENDS_COLUMNS],
      ["updated", DAY_COLUMNS],
    ],
    policies.map((policy) => [
      `${policy.name}\n${policy.id}`,
      shown("count", policy.limits?.["limit_count_daily_email_sent"]),
      dayOf(policy.updated_at),
    ]),
  );
  return `${counted(policies.length, "policy").replace(/policys$/, "policies")}\n${table}`;
}
