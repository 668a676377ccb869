/** `rookery agent overview`: workspaces with their accounts and guardrails, and the guardrails that no workspace has. */
import { type OutputOptions, present } from "../output.ts";
import type { CommandParts } from "../parts.ts";
import type { Grant } from "./grant.ts";
import { overviewText } from "./overview-text.ts";
import type { Policy } from "./policy.ts";
import { clientOf, readGrants, readLists, readPolicies, readRules, readWorkspaces } from "./read.ts";
import type { Rule } from "./rule.ts";
import type { ValueList } from "./value-list.ts";
import type { Workspace } from "./workspace.ts";

/** What the server holds, as it was read. */
interface Fleet {
  readonly grants: readonly Grant[];
  readonly workspaces: readonly Workspace[];
  readonly policies: readonly Policy[];
  readonly rules: readonly Rule[];
  readonly lists: readonly ValueList[];
}

/** A reference with what it leads to; `missing` when that is not there, or out of the key's reach. */
interface PolicyLink {
  readonly id: string;
  readonly name: string;
  readonly missing: boolean;
}

interface ListLink {
  readonly id: string;
  readonly name: string;
  readonly missing: boolean;
}

interface RuleLink {
  readonly id: string;
  readonly name: string;
  readonly trigger: string;
  readonly enabled: boolean;
  readonly missing: boolean;
  readonly lists?: readonly ListLink[];
}

interface Guardrails {
  readonly policy?: PolicyLink;
  readonly rules?: readonly RuleLink[];
}

export interface AccountNode extends Guardrails {
  readonly id: string;
  readonly email: string;
  readonly status: string;
  readonly workspace_id: string;
  readonly workspace_name: string;
  readonly workspace_missing: boolean;
  readonly auto_group: boolean;
  readonly default: boolean;
  /** Other accounts of the workspace, which the same guardrails govern. */
  readonly shared_with: number;
}

export interface WorkspaceNode extends Guardrails {
  readonly id: string;
  readonly name: string;
  readonly auto_group: boolean;
  readonly default: boolean;
  readonly accounts?: readonly string[];
}

export interface Overview {
  readonly accounts: readonly AccountNode[];
  readonly workspaces: readonly WorkspaceNode[];
  readonly orphan_policies?: readonly PolicyLink[];
  readonly orphan_rules?: readonly RuleLink[];
  readonly unused_lists?: readonly ListLink[];
  readonly totals: Readonly<Record<"accounts" | "lists" | "policies" | "rules" | "workspaces", number>>;
}

export async function showOverview(parts: CommandParts, options: OutputOptions): Promise<void> {
  const client = await clientOf(parts);
  const policies = await readPolicies(client);
  const rules = await readRules(client);
  const lists = await readLists(client);
  // There are as many of the one as of the other, where each tenant has a workspace.
  const [grants, workspaces] = await Promise.all([readGrants(client), readWorkspaces(client)]);
  const overview = overviewOf({ grants, workspaces, policies, rules, lists });
  await present(parts, options, {
    json: overview,
    ids: overview.accounts.map(({ id }) => id),
    text: () => overviewText(overview),
  });
}

/** Joins accounts, workspaces and guardrails by the ids that they hold of each other. */
export function overviewOf(fleet: Fleet): Overview {
  const { grants, workspaces, policies, rules, lists } = fleet;
  const link = linksIn(fleet);
  const members = new Map<string, Grant[]>();
  for (const grant of grants) {
    const id = grant.workspace_id ?? "";
    const there = members.get(id);
    if (there === undefined) members.set(id, [grant]);
    else there.push(grant);
  }
  const byId = new Map(workspaces.map((workspace) => [workspace.workspace_id, workspace]));
  const attachedPolicies = new Set(workspaces.map(({ policy_id: id }) => id));
  const attachedRules = new Set(workspaces.flatMap(({ rule_ids: ids }) => ids ?? []));
  const usedLists = new Set(rules.flatMap(listIdsOf));
  return {
    accounts: grants.map((grant) =>
      accountNode(
        grant,
        byId.get(grant.workspace_id ?? ""),
        members.get(grant.workspace_id ?? "") ?? [],
        link,
      ),
    ),
    workspaces: workspaces.map((workspace) =>
      workspaceNode(workspace, members.get(workspace.workspace_id) ?? [], link),
    ),
    ...unlessNone("orphan_policies", policies.filter(({ id }) => !attachedPolicies.has(id)).map(link.policy)),
    ...unlessNone("orphan_rules", rules.filter(({ id }) => !attachedRules.has(id)).map(link.rule)),
    ...unlessNone("unused_lists", lists.filter(({ id }) => !usedLists.has(id)).map(link.list)),
    totals: {
      accounts: grants.length,
      lists: lists.length,
      policies: policies.length,
      rules: rules.length,
      workspaces: workspaces.length,
    },
  };
}

function accountNode(
  { id, email, grant_status: status, workspace_id, settings }: Grant,
  workspace: Workspace | undefined,
  members: readonly Grant[],
  link: Links,
): AccountNode {
  return {
    id,
    email,
    status,
    workspace_id: workspace_id ?? "",
    workspace_name: workspace?.name ?? "",
    workspace_missing: workspace === undefined,
    auto_group: workspace?.auto_group === true,
    default: workspace?.default === true,
    shared_with: members.length - 1,
    ...link.guardrails(workspace?.policy_id || settings?.policy_id, workspace?.rule_ids),
  };
}

function workspaceNode(workspace: Workspace, members: readonly Grant[], link: Links): WorkspaceNode {
  return {
    id: workspace.workspace_id,
    name: workspace.name,
    auto_group: workspace.auto_group === true,
    default: workspace.default === true,
    ...link.guardrails(workspace.policy_id, workspace.rule_ids),
    ...unlessNone(
      "accounts",
      members.map(({ email }) => email),
    ),
  };
}

type Links = ReturnType<typeof linksIn>;

/** From an object or its id to what is shown of it. */
function linksIn({ policies, rules, lists }: Fleet) {
  const policyById = new Map(policies.map((policy) => [policy.id, policy]));
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const listById = new Map(lists.map((list) => [list.id, list]));
  const policy = ({ id, name }: Policy): PolicyLink => ({ id, name, missing: false });
  const list = ({ id, name }: ValueList): ListLink => ({ id, name, missing: false });
  const listAt = (id: string): ListLink => {
    const found = listById.get(id);
    return found === undefined ? { id, name: "", missing: true } : list(found);
  };
  const rule = (found: Rule): RuleLink => ({
    id: found.id,
    name: found.name,
    trigger: found.trigger || "inbound",
    enabled: found.enabled === true,
    missing: false,
    ...unlessNone("lists", [...new Set(listIdsOf(found))].map(listAt)),
  });
  const policyAt = (id: string): PolicyLink => {
    const found = policyById.get(id);
    return found === undefined ? { id, name: "", missing: true } : policy(found);
  };
  const ruleAt = (id: string): RuleLink => {
    const found = ruleById.get(id);
    return found === undefined ? { id, name: "", trigger: "", enabled: false, missing: true } : rule(found);
  };
  const guardrails = (
    policyId: string | null | undefined,
    ruleIds: readonly string[] | null | undefined,
  ): Guardrails => ({
    ...(policyId && { policy: policyAt(policyId) }),
    ...unlessNone("rules", (ruleIds ?? []).map(ruleAt)),
  });
  return { policy, rule, list, guardrails };
}

const listIdsOf = ({ match }: Rule): string[] =>
  match.conditions.flatMap(({ operator, value }) => (operator === "in_list" ? [value].flat() : []));

/** An array that holds nothing is left out. */
const unlessNone = <Key extends string, Item>(
  key: Key,
  items: readonly Item[],
): Partial<Record<Key, readonly Item[]>> =>
  // Cast: a computed key widens to any string.
  items.length === 0 ? {} : ({ [key]: items } as Record<Key, readonly Item[]>);
