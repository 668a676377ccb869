/** The rules in force for an inbox, compiled: remembered by the version of what its pod has, so that most messages ask nothing. */
import { sha256 } from "../../../lib/hash.ts";
import type { Memory, Slot } from "../../../lib/memory.ts";
import type { Tx } from "../../../storage/db.ts";
import { type AnyScope, findAttachedRules, type InboxTarget, type Scope } from "../../door/access/index.ts";
import { type CompiledRules, compileRules } from "./compile.ts";
import type { FoldersOf } from "./folders.ts";
import { MAX_COMPILED_CONDITIONS, MAX_PODS_WITH_KNOWN_RULES } from "./limits.ts";
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

/** What a pod has attached: the hash of the rules' ids, which names compiled rules whatever pod has them. */
interface AttachedRules {
  readonly digest: string;
}

const attached: Slot<AttachedRules> = {
  name: "attached rules",
  maxWeight: MAX_PODS_WITH_KNOWN_RULES,
  weightOf: () => 1,
};

/** What is read under a version may be newer than it, and is never older: nobody asks for the version again then. */
const podKeyOf = ({ podId, guardrails: { version } }: Ruled): string => `${podId} ${version}`;

const nothingAttached: AttachedRules = { digest: "" };

const knownAttached = (memory: Memory, inbox: Ruled): AttachedRules | undefined =>
  inbox.guardrails.hasRules ? memory.get(attached, podKeyOf(inbox)) : nothingAttached;

function rememberAttached(memory: Memory, inbox: Ruled, ids: readonly string[]): AttachedRules {
  const found = { digest: sha256(ids.join()).toString("base64") };
  memory.set(attached, podKeyOf(inbox), found);
  return found;
}

/** Of pods with the same rules the same: the version changes with every change of a rule. */
const keyOf = (
  { organizationId, guardrails: { version } }: Ruled,
  { digest }: AttachedRules,
  trigger: Trigger,
): string => `${trigger} ${organizationId} ${version} ${digest}`;

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

/** @returns compiled rules that are remembered for the inbox */
function known(memory: Memory, inbox: Ruled, trigger: Trigger): CompiledRules | undefined {
  const its = knownAttached(memory, inbox);
  return its === undefined ? undefined : memory.get(compiled, keyOf(inbox, its, trigger));
}

/** For mail that arrives: what `rulesOnArrivals` gives, without the database. @returns undefined: it has to be asked */
export const knownOnArrivals = (memory: Memory, inbox: Ruled): CompiledRules | undefined =>
  known(memory, inbox, "inbound");

/**
 * For mail that arrives: the enabled inbound rules that each inbox's pod has attached. Two statements for all that are not remembered,
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
    const key = podKeyOf(inbox);
    if (!inbox.guardrails.hasRules || found.has(key)) continue;
    const own = known(memory, inbox, "inbound");
    if (own === undefined) missing.set(key, inbox);
    else found.set(key, own);
  }
  if (missing.size > 0)
    for (const [key, own] of await compileInbound(tx, scope, memory, missing)) found.set(key, own);
  return (inbox) => (inbox.guardrails.hasRules ? found.get(podKeyOf(inbox)) : undefined) ?? noRules;
}

async function compileInbound(
  tx: Tx,
  scope: AnyScope,
  memory: Memory,
  inboxes: ReadonlyMap<string, Ruled>,
): Promise<ReadonlyMap<string, InForce>> {
  const pods = new Set([...inboxes.values()].map(({ podId }) => podId));
  const idsOf = await findAttachedRules(tx, scope, [...pods]);
  const rows = await findRuleRows(tx, scope, [...new Set([...idsOf.values()].flat())]);
  return new Map(
    [...inboxes].map(([key, inbox]): [string, InForce] => {
      const ids = idsOf.get(inbox.podId) ?? [];
      const compiledKey = keyOf(inbox, rememberAttached(memory, inbox, ids), "inbound");
      const inForce = memory.get(compiled, compiledKey) ?? compile(inbox, ids, "inbound", rows);
      remember(memory, compiledKey, inForce);
      return [key, inForce];
    }),
  );
}

/** For sends: the enabled outbound rules that the inbox's pod has attached, and those that no pod has (nylas 4.3). */
export async function rulesOnSends(tx: Tx, scope: Scope, memory: Memory, inbox: Ruled): Promise<InForce> {
  const own = known(memory, inbox, "outbound");
  if (own !== undefined) return own;
  const idsOf = await findAttachedRules(tx, scope, inbox.guardrails.hasRules ? [inbox.podId] : []);
  const ids = idsOf.get(inbox.podId) ?? [];
  const its = inbox.guardrails.hasRules ? rememberAttached(memory, inbox, ids) : nothingAttached;
  const all = [...new Set([...ids, ...(await findUnattached(tx, scope))])];
  const inForce = compile(inbox, all, "outbound", await findRuleRows(tx, scope, all));
  remember(memory, keyOf(inbox, its, "outbound"), inForce);
  return inForce;
}
