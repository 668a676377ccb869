/** The overview as a tree for people. */
import { fold } from "../fold.ts";
import { colour, counted } from "../output.ts";
import { statusText } from "./grant.ts";
import type { AccountNode, Overview, WorkspaceNode } from "./overview.ts";
import { isOfAll } from "./rule.ts";

/** Accounts of a workspace that are shown; of more it says how many. `account list` shows all. */
const MOST_ACCOUNTS = 20;

export function overviewText(overview: Overview): string {
  const { accounts, workspaces, totals } = overview;
  const byEmail = new Map(accounts.map((account) => [account.email, account]));
  const loose = overview.orphan_rules ?? [];
  const lost = accounts.filter(({ workspace_missing: isMissing }) => isMissing);
  return [
    `${counted(totals.workspaces, "workspace")}, ${counted(totals.accounts, "account")}, policies: ${totals.policies}, rules: ${totals.rules}, lists: ${totals.lists}`,
    ...workspaces.flatMap((workspace) => ["", ...workspaceLines(workspace, byEmail)]),
    ...block("Accounts whose workspace this key may not see", lost.map(accountText)),
    ...block("Policies of no workspace", (overview.orphan_policies ?? []).map(looseText)),
    ...block(
      "Outbound rules of no workspace, which govern every account",
      loose.filter(isOfAll).map(looseText),
    ),
    ...block("Rules of no workspace", loose.filter((rule) => !isOfAll(rule)).map(looseText)),
    ...block("Lists that no rule uses", (overview.unused_lists ?? []).map(looseText)),
  ].join("\n");
}

function workspaceLines(workspace: WorkspaceNode, byEmail: ReadonlyMap<string, AccountNode>): string[] {
  const emails = workspace.accounts ?? [];
  const shown = emails.slice(0, MOST_ACCOUNTS).flatMap((email) => byEmail.get(email) ?? []);
  const marks = [workspace.default && "default", workspace.auto_group && "auto-group"].filter(Boolean);
  const more = emails.length - shown.length;
  return [
    `${colour("bold", workspace.name)}${marks.length === 0 ? "" : ` (${marks.join(", ")})`}`,
    ...branches([
      colour("dim", workspace.id),
      `policy: ${workspace.policy === undefined ? "none" : linkText(workspace.policy)}`,
      ...(workspace.rules ?? []).map((rule) => `rule: ${ruleText(rule)}`),
      `${counted(emails.length, "account")}${emails.length === 0 ? "" : ":"}`,
      ...shown.map((account) => `  ${accountText(account)}`),
      ...(more > 0 ? [`  and ${more.toLocaleString("en")} more`] : []),
    ]),
  ];
}

/** Each line below its head, the last one closing the branch. */
const branches = (lines: readonly string[]): string[] =>
  lines.map((line, index) => `${index === lines.length - 1 ? "└─" : "├─"} ${fold(line, process.stdout, 3)}`);

const block = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", colour("bold", title), ...branches(lines)];

const accountText = ({ email, status }: AccountNode): string => `${email}  ${statusText(status)}`;

interface Link {
  readonly id: string;
  readonly name: string;
  readonly missing: boolean;
}

const linkText = ({ id, name, missing }: Link): string =>
  missing ? `${id} ${colour("red", "(missing)")}` : name;

/** With its id, for what is to be attached or deleted next. */
const looseText = (link: Link): string => `${link.name}\n${colour("dim", link.id)}`;

function ruleText(rule: NonNullable<WorkspaceNode["rules"]>[number]): string {
  if (rule.missing) return linkText(rule);
  const lists = (rule.lists ?? []).map((list) => `list ${linkText(list)}`);
  return [rule.name, rule.trigger, ...(rule.enabled ? [] : ["disabled"]), ...lists].join(", ");
}
