/** `rookery agent rule`: one function a command; trials are in `rule-trial.ts`, explanations in `rule-explain.ts`. */
import { z } from "zod";
import { type Client, inPath } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import { confirm } from "../confirm.ts";
import { doneLine, type OutputOptions, present } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { type BodyOptions, bodyGiven } from "./body.ts";
import { clientOf, one, orAbsent, readGrant, readRules, readWorkspace, workspacePath } from "./read.ts";
import {
  type Action,
  type Condition,
  isOfAll,
  type Rule,
  ruleJson,
  ruleShape,
  ruleTable,
  ruleText,
} from "./rule.ts";
import { type Workspace, workspaceShape } from "./workspace.ts";

const RULES = "rookery agent rule list";

const rulePath = (id: string): string => `/v3/rules/${inPath(id)}`;

export async function listRules(parts: CommandParts, options: OutputOptions): Promise<void> {
  const rules = await readRules(await clientOf(parts));
  await present(parts, options, {
    json: rules.map(ruleJson),
    ids: rules.map(({ id }) => id),
    text: () => ruleTable(rules),
  });
}

const readRule = (client: Client, id: string): Promise<Rule> =>
  orAbsent(`rule ${id}`, RULES, one(client, { method: "GET", path: rulePath(id) }, ruleShape));

export async function getRule(parts: CommandParts, id: string, options: OutputOptions): Promise<void> {
  const rule = await readRule(await clientOf(parts), id);
  await present(parts, options, { json: ruleJson(rule), ids: [rule.id], text: () => ruleText(rule) });
}

export interface RuleOptions extends OutputOptions, BodyOptions {
  readonly description?: string;
  readonly priority?: number;
  readonly enabled?: boolean;
  readonly disabled?: boolean;
  readonly trigger?: string;
  readonly matchOperator?: string;
  readonly condition?: readonly Condition[];
  readonly action?: readonly Action[];
}

/** Where a new rule is attached. */
interface AttachOptions {
  readonly account?: string;
  readonly workspace?: string;
  /** False: --no-attach. */
  readonly attach?: boolean;
}

export async function createRule(parts: CommandParts, options: RuleOptions & AttachOptions): Promise<void> {
  const body = await newRuleOf(parts, options);
  const client = await clientOf(parts);
  const workspace = await workspaceFor(parts, client, options);
  const rule =
    workspace === null ? await makeRule(client, body) : await makeAttached(client, workspace, body);
  await present(parts, options, {
    json: ruleJson(rule),
    ids: [rule.id],
    text: () =>
      [
        doneLine("Rule created successfully!"),
        "",
        ruleText(rule),
        "",
        workspace === null
          ? `${whereUnattached(rule)} \`rookery workspace update <id> --rules-ids <ids>\` attaches it.`
          : `It governs every account of the workspace ${workspace.name} (${workspace.workspace_id}).`,
      ].join("\n"),
  });
}

async function newRuleOf(parts: CommandParts, options: RuleOptions): Promise<Record<string, unknown>> {
  const given = await bodyGiven(parts, options);
  const isFlagsAlone = options.data === undefined && options.dataFile === undefined;
  if (isFlagsAlone && (options.condition === undefined || options.action === undefined))
    throw new UsageError(
      "A rule needs a --condition and an --action at least, or all of it as JSON in --data.",
    );
  const body: Record<string, unknown> = {
    ...given,
    ...fieldsOf(options),
    ...matchOf(options, given["match"]),
  };
  if (typeof body["name"] !== "string" || body["name"].trim() === "")
    throw new UsageError('A rule needs a name: give --name, or "name" in the JSON.');
  return body;
}

/** What flags say of a rule, but for its match. */
export function fieldsOf(options: RuleOptions): Record<string, unknown> {
  const { description, priority, enabled, disabled, trigger, action } = options;
  if (enabled === true && disabled === true)
    throw new UsageError("--enabled and --disabled exclude each other: give one of them.");
  return {
    ...(description !== undefined && { description }),
    ...(priority !== undefined && { priority }),
    ...((enabled === true || disabled === true) && { enabled: enabled === true }),
    ...(trigger !== undefined && { trigger: trigger.toLowerCase() }),
    ...(action !== undefined && { actions: action }),
  };
}

/** The match, whole, because the server replaces it whole: what flags do not say stays as it was. */
export function matchOf({ condition, matchOperator }: RuleOptions, before: unknown): { match?: object } {
  if (condition === undefined && matchOperator === undefined) return {};
  const kept = typeof before === "object" && before !== null ? before : {};
  return {
    match: {
      ...kept,
      ...(matchOperator !== undefined && { operator: matchOperator.toLowerCase() }),
      ...(condition !== undefined && { conditions: condition }),
    },
  };
}

/**
 * The workspace that a new rule governs: that of --workspace, or of the account that --account or the environment names.
 * Null: none. It must be said, because a rule governs all accounts of its workspace. @throws UsageError
 */
async function workspaceFor(
  { environment }: CommandParts,
  client: Client,
  { account, workspace, attach: isAttached }: AttachOptions,
): Promise<Workspace | null> {
  if (isAttached === false) return null;
  if (workspace !== undefined) return readWorkspace(client, workspace);
  const named = (account ?? environment["NYLAS_GRANT_ID"] ?? "").trim();
  if (named === "")
    throw new UsageError(
      "Whose rule is it? Give --account (it then governs every account of that one's workspace), --workspace, or --no-attach.",
    );
  const { workspace_id: id } = await readGrant(client, named);
  if (!id) throw new ClientError(`The account ${named} is in no workspace that this key may see.`);
  return readWorkspace(client, id);
}

/** A rule that could not be attached is not left behind. */
async function makeAttached(
  client: Client,
  { workspace_id: id }: Workspace,
  body: Record<string, unknown>,
): Promise<Rule> {
  // Until a workspace has it, an outbound rule governs every account: it comes into force behind that.
  const isLater = body["trigger"] === "outbound" && body["enabled"] !== false;
  const rule = await makeRule(client, isLater ? { ...body, enabled: false } : body);
  try {
    // Read again: the rule itself was made meanwhile, and others may have attached theirs.
    const { rule_ids: before } = await readWorkspace(client, id);
    const attached = { rule_ids: [...(before ?? []), rule.id] };
    await one(client, { method: "PATCH", path: workspacePath(id), body: attached }, workspaceShape);
    if (!isLater) return rule;
    const call = { method: "PUT", path: rulePath(rule.id), body: { enabled: true } } as const;
    return await one(client, call, ruleShape);
  } catch (error) {
    await client.call({ method: "DELETE", path: rulePath(rule.id) }, z.unknown());
    throw error;
  }
}

const makeRule = (client: Client, body: Record<string, unknown>): Promise<Rule> =>
  one(client, { method: "POST", path: "/v3/rules", body }, ruleShape);

const whereUnattached = (rule: Rule): string =>
  isOfAll(rule)
    ? "It is attached to no workspace, and governs what every account sends."
    : "It is attached to no workspace.";

export async function updateRule(parts: CommandParts, id: string, options: RuleOptions): Promise<void> {
  const given = await bodyGiven(parts, options);
  const client = await clientOf(parts);
  const changesMatch = options.condition !== undefined || options.matchOperator !== undefined;
  const before =
    changesMatch && given["match"] === undefined ? (await readRule(client, id)).match : given["match"];
  const body = { ...given, ...fieldsOf(options), ...matchOf(options, before) };
  if (Object.keys(body).length === 0)
    throw new UsageError("Nothing to change: `rookery agent rule update --help` shows the options.");
  const call = { method: "PUT", path: rulePath(id), body } as const;
  const rule = await orAbsent(`rule ${id}`, RULES, one(client, call, ruleShape));
  await present(parts, options, {
    json: ruleJson(rule),
    ids: [rule.id],
    text: () => `${doneLine(`Rule updated successfully: ${rule.name}`)}\n\n${ruleText(rule)}`,
  });
}

/** The server detaches it from its workspaces in the same transaction. */
export async function deleteRule(
  parts: CommandParts,
  id: string,
  options: OutputOptions & { readonly yes?: boolean },
): Promise<void> {
  const client = await clientOf(parts);
  const question = `Delete the rule ${id}? It stops governing every workspace that it is attached to.`;
  if (!(await confirm(parts, question, options.yes))) return;
  await orAbsent(`rule ${id}`, RULES, client.call({ method: "DELETE", path: rulePath(id) }, z.unknown()));
  await present(parts, options, {
    json: { deleted: id },
    ids: [],
    text: () => doneLine(`Rule deleted: ${id}`),
  });
}
