/** `rookery workspace`: one function a command. */
import { z } from "zod";
import { confirm } from "../confirm.ts";
import { doneLine, type OutputOptions, present } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { clientOf, one, orAbsent, readWorkspace, readWorkspaces, WORKSPACES, workspacePath } from "./read.ts";
import { workspaceJson, workspaceShape, workspaceTable, workspaceText } from "./workspace.ts";

interface WorkspaceOptions extends OutputOptions {
  readonly name?: string;
  readonly policyId?: string;
  readonly rulesIds?: string;
  /** True for the flag alone. */
  readonly autoGroup?: boolean | string;
}

export async function listWorkspaces(parts: CommandParts, options: OutputOptions): Promise<void> {
  const workspaces = await readWorkspaces(await clientOf(parts));
  await present(parts, options, {
    json: workspaces.map(workspaceJson),
    ids: workspaces.map(({ workspace_id: id }) => id),
    text: () => workspaceTable(workspaces),
  });
}

export async function getWorkspace(
  parts: CommandParts,
  workspace: string,
  options: OutputOptions,
): Promise<void> {
  const found = await readWorkspace(await clientOf(parts), workspace);
  await present(parts, options, {
    json: workspaceJson(found),
    ids: [found.workspace_id],
    text: () => workspaceText(found),
  });
}

export async function createWorkspace(
  parts: CommandParts,
  options: WorkspaceOptions & { readonly domain?: string },
): Promise<void> {
  const body = { ...(options.domain !== undefined && { domain: options.domain }), ...bodyOf(options) };
  const call = { method: "POST", path: "/v3/workspaces", body } as const;
  const made = await one(await clientOf(parts), call, workspaceShape);
  await present(parts, options, {
    json: workspaceJson(made),
    ids: [made.workspace_id],
    text: () => doneLine(`Created workspace: ${made.name} (${made.workspace_id})`),
  });
}

export async function updateWorkspace(
  parts: CommandParts,
  workspace: string,
  options: WorkspaceOptions,
): Promise<void> {
  const body = bodyOf(options);
  if (Object.keys(body).length === 0)
    throw new UsageError("Nothing to change: give --policy-id, --rules-ids, --name or --auto-group.");
  const call = { method: "PATCH", path: workspacePath(workspace), body } as const;
  const changed = await orAbsent(
    `workspace ${workspace}`,
    WORKSPACES,
    one(await clientOf(parts), call, workspaceShape),
  );
  await present(parts, options, {
    json: workspaceJson(changed),
    ids: [changed.workspace_id],
    text: () =>
      `${doneLine(`Updated workspace: ${changed.name} (${changed.workspace_id})`)}\n\n${workspaceText(changed)}`,
  });
}

export async function deleteWorkspace(
  parts: CommandParts,
  workspace: string,
  options: OutputOptions & { readonly yes?: boolean },
): Promise<void> {
  const client = await clientOf(parts);
  const question = `Delete the workspace ${workspace}? Its accounts go on working in the default workspace.`;
  if (!(await confirm(parts, question, options.yes))) return;
  const call = { method: "DELETE", path: workspacePath(workspace) } as const;
  await orAbsent(`workspace ${workspace}`, WORKSPACES, client.call(call, z.unknown()));
  await present(parts, options, {
    json: { deleted: workspace },
    ids: [],
    text: () => doneLine(`Deleted workspace: ${workspace}`),
  });
}

/** What the flags say; an empty id detaches. */
function bodyOf({ name, policyId, rulesIds, autoGroup }: WorkspaceOptions): Record<string, unknown> {
  return {
    ...(name !== undefined && { name }),
    ...(policyId !== undefined && { policy_id: policyId.trim() === "" ? null : policyId.trim() }),
    ...(rulesIds !== undefined && { rule_ids: idsIn(rulesIds) }),
    ...(autoGroup !== undefined && { auto_group: yesOrNo(autoGroup) }),
  };
}

const idsIn = (text: string): string[] =>
  text
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "");

function yesOrNo(flag: boolean | string): boolean {
  if (flag === true || flag === "true") return true;
  if (flag === "false") return false;
  throw new UsageError(`--auto-group ${flag}: it takes true or false, and means true without either.`);
}
