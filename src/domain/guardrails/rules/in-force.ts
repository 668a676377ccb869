/** The rules in force for an inbox, compiled: remembered by the version of what its pod has, so that most messages ask nothing. */
import type { Memory, Slot } from "../../../lib/memory.ts";
import type { Tx } from "../../../storage/db.ts";
import { type AnyScope, hasRules, type InboxTarget, ruleIdsOf, type Scope } from "../../door/access/index.ts";
import { MAX_COMPILED_CONDITIONS } from "../../limits.ts";
import { type CompiledRules, compileRules } from "./compile.ts";
import type { FoldersOf } from "./folders.ts";
import type { Trigger } from "./rule.ts";
import { findRuleRows, findUnattached, type RuleRow, readRule } from "./store.ts";

/** An inbox as far as its rules go. */
export type Ruled = Pick<InboxTarget, "id" | "podId" | "organizationId" | "guardrails">;

/** The same as far as its folders go. */
export const foldersOf = ({ id, podId, guardrails: { policyId } }: Ruled): FoldersOf => ({
  id,
  podId,
  policyId,
});

/** Compiled rules; or what kept them from being compiled, with which nothing is let through. */
export type InForce = CompiledRules | { readonly error: unknown };

const compiled: Slot<CompiledRules> = {
  name: "rules",
  maxWeight: MAX_COMPILED_CONDITIONS,
  weightOf: ({ rules }) => rules.reduce((sum, { conditions }) => sum + conditions.length, 1),
};

/** Of pods with the same rules the same: the version changes with every change of a rule. */
const keyOf = ({ organizationId, guardrails }: Ruled, trigger: Trigger): string =>
  `${trigger} ${organizationId} ${guardrails.version} ${guardrails.rules}`;

const noRules: CompiledRules = compileRules([], "inbound");

function compile(inbox: Ruled, ids: readonly string[], trigger: Trigger, rows: readonly RuleRow[]): InForce {
  const wanted = new Set(ids);
  const own = rows.filter(
    ({ id, organization_id }) => wanted.has(id) && organization_id === inbox.organizationId,
  );
  try {
    return compileRules(own.map(readRule), trigger);
  } catch (error) {
    return { error };
  }
}

function remember(memory: Memory, key: string, inForce: InForce): void {
  if (!("error" in inForce)) memory.set(compiled, key, inForce);
}

/**
 * For mail that arrives: the enabled inbound rules that each inbox's pod has attached. One statement for all that are not remembered,
 * none when they are. @returns what is in force for any of the inboxes
 */
export async function rulesOnArrivals(
  tx: Tx,
  scope: AnyScope,
  memory: Memory,
  inboxes: readonly Ruled[],
): Promise<(inbox: Ruled) => InForce> {
  const found = new Map<string, InForce>();
  const missing = new Map<string, Ruled>();
  for (const inbox of inboxes) {
    if (!hasRules(inbox.guardrails)) continue;
    const key = keyOf(inbox, "inbound");
    const known = memory.get(compiled, key);
    if (known === undefined) missing.set(key, inbox);
    else found.set(key, known);
  }
  const ids = new Set([...missing.values()].flatMap(({ guardrails }) => ruleIdsOf(guardrails)));
  const rows = await findRuleRows(tx, scope, [...ids]);
  for (const [key, inbox] of missing) {
    const inForce = compile(inbox, ruleIdsOf(inbox.guardrails), "inbound", rows);
    remember(memory, key, inForce);
    found.set(key, inForce);
  }
  return (inbox) => found.get(keyOf(inbox, "inbound")) ?? noRules;
}

/** For sends: the enabled outbound rules that the inbox's pod has attached, and those that no pod has (nylas 4.3). */
export async function rulesOnSends(tx: Tx, scope: Scope, memory: Memory, inbox: Ruled): Promise<InForce> {
  const key = keyOf(inbox, "outbound");
  const known = memory.get(compiled, key);
  if (known !== undefined) return known;
  const ids = [...new Set([...ruleIdsOf(inbox.guardrails), ...(await findUnattached(tx, scope))])];
  const inForce = compile(inbox, ids, "outbound", await findRuleRows(tx, scope, ids));
  remember(memory, key, inForce);
  return inForce;
}
