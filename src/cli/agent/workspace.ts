/** A workspace as `/v3` gives it, and as it is printed. */
import { z } from "zod";
import { cellColumns, counted, detailsOf, minuteOf, rfc3339, tableOf, unlessEmpty } from "../output.ts";

export const workspaceShape = z.object({
  workspace_id: z.string(),
  application_id: z.string().nullish(),
  name: z.string(),
  domain: z.string().nullish(),
  auto_group: z.boolean().nullish(),
  default: z.boolean().nullish(),
  policy_id: z.string().nullish(),
  rule_ids: z.array(z.string()).nullish(),
  created_at: z.number(),
  updated_at: z.number(),
});
export type Workspace = z.output<typeof workspaceShape>;

/** These keys in this order; `default` always, `auto_group` only when true, those without a value not at all. */
export const workspaceJson = (workspace: Workspace): object => ({
  workspace_id: workspace.workspace_id,
  ...unlessEmpty("application_id", workspace.application_id),
  name: workspace.name,
  ...unlessEmpty("domain", workspace.domain),
  ...(workspace.auto_group === true && { auto_group: true }),
  default: workspace.default === true,
  ...unlessEmpty("policy_id", workspace.policy_id),
  ...((workspace.rule_ids ?? []).length > 0 && { rule_ids: workspace.rule_ids }),
  created_at: rfc3339(workspace.created_at),
  updated_at: rfc3339(workspace.updated_at),
});

export const workspaceText = (workspace: Workspace): string =>
  detailsOf([
    ["ID", workspace.workspace_id],
    ["Name", `${workspace.name}${workspace.default === true ? " (default)" : ""}`],
    ["Domain", workspace.domain || undefined],
    ["Auto-group", workspace.auto_group === true ? "yes: new accounts of the domain come here" : "no"],
    ["Policy ID", workspace.policy_id || "none"],
    ["Rule IDs", (workspace.rule_ids ?? []).join("\n") || "none"],
    ["Created", minuteOf(workspace.created_at)],
    ["Updated", minuteOf(workspace.updated_at)],
  ]);

const DOMAIN_COLUMNS = 18;
const POLICY_COLUMNS = 6;
const RULES_COLUMNS = 5;
const NAME_COLUMNS = cellColumns(4) - DOMAIN_COLUMNS - POLICY_COLUMNS - RULES_COLUMNS;

export function workspaceTable(workspaces: readonly Workspace[]): string {
  if (workspaces.length === 0) return "There is no workspace that this key may see.";
  const table = tableOf(
    [
      ["workspace, id", NAME_COLUMNS],
      ["domain", DOMAIN_COLUMNS],
      ["policy", POLICY_COLUMNS],
      ["rules", RULES_COLUMNS],
    ],
    workspaces.map((workspace) => [
      `${workspace.name}${workspace.default === true ? " (default)" : ""}\n${workspace.workspace_id}`,
      `${workspace.domain ?? ""}${workspace.auto_group === true ? "\n(auto-group)" : ""}`,
      workspace.policy_id ? "yes" : "no",
      String((workspace.rule_ids ?? []).length),
    ]),
  );
  return `${counted(workspaces.length, "workspace")}\n${table}`;
}
