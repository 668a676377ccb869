/** SQL of rules. */
import { type RawBuilder, type Selectable, sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { Tables } from "../../../storage/tables.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import { readActions, readConditions, readWord } from "./read-row.ts";
import { listsOf, matchOperators, type Rule, type Trigger, triggers } from "./rule.ts";

/** A row as it is stored: read by `readRule`, so that one that cannot be read spoils no other. */
export interface RuleRow {
  readonly id: string;
  readonly organization_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly priority: number;
  readonly enabled: boolean;
  readonly trigger: string;
  readonly match_operator: string;
  readonly conditions: unknown;
  readonly actions: unknown;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** @throws Error when what is stored is no rule */
export const readRule = (row: RuleRow): Rule => ({
  id: row.id,
  organizationId: row.organization_id,
  name: row.name,
  description: row.description,
  priority: row.priority,
  enabled: row.enabled,
  trigger: readWord(triggers, row.trigger),
  match: {
    operator: readWord(matchOperators, row.match_operator),
    conditions: readConditions(row.conditions),
  },
  actions: readActions(row.actions),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** @param source a function that gives rows of rules; the table, in the organization's own transactions */
const rulesIn = (tx: Tx, scope: Scope, source: RawBuilder<unknown> = sql`rules`) =>
  tx
    .within(scope)
    .selectFrom(source.$castTo<Selectable<Tables["rules"]>>().as("rules"))
    .where("organization_id", "=", scope.organizationId);

/**
 * Of those that the scope sees: the organization's, or for less than it those that its pod has attached. @param scope the caller's own,
 * in a transaction that may be about a pod. @param lock for those who change it, in a transaction of the organization
 */
export async function findRule(tx: Tx, scope: Scope, id: string, lock: boolean): Promise<Rule | null> {
  const ofPod = scope.podId !== null;
  const source = lock
    ? sql`rules`
    : ofPod
      ? sql`rookery_rules_of_pod()`
      : sql`rookery_rules_named(${[id]}::uuid[])`;
  const query = rulesIn(tx, scope, source).where("id", "=", id).selectAll();
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst();
  return row === undefined ? null : readRule(row);
}

/** Fetches one row more than the page, so that the caller knows whether there is another. */
export async function selectRules(tx: Tx, scope: Scope, page: PageRequest): Promise<Rule[]> {
  const source = scope.podId === null ? sql`rules` : sql`rookery_rules_of_pod()`;
  const rules = rulesIn(tx, scope, source);
  const rows = await keyset(rules.selectAll(), ["created_at", "id"], page).execute();
  return rows.map(readRule);
}

/**
 * Those of the rules that are there, for what is compiled of them; the ids name their organization. A request about a pod sees none in
 * the table: see rookery_rules_named in migrations/0034_rules_of_a_pod.sql.
 */
export async function findRuleRows(tx: Tx, scope: AnyScope, ids: readonly string[]): Promise<RuleRow[]> {
  if (ids.length === 0) return [];
  const db = tx.within(scope);
  if (scope.rows.system || scope.rows.podId === null)
    return db.selectFrom("rules").where("id", "=", anyOf(ids)).selectAll().execute();
  const { rows } = await sql<RuleRow>`select * from rookery_rules_named(${[...ids]}::uuid[])`.execute(db);
  return rows;
}

/** Those of the rules that the organization has, in no order: for its own transactions. */
export async function findRulesById(tx: Tx, scope: Scope, ids: readonly string[]): Promise<Rule[]> {
  if (ids.length === 0) return [];
  const rows = await rulesIn(tx, scope).where("id", "=", anyOf(ids)).selectAll().execute();
  return rows.map(readRule);
}

/** Ids of the organization's rules with these names, oldest first, for its own transactions. A name need not be unique. */
export async function findRulesNamed(
  tx: Tx,
  scope: Scope,
  names: readonly string[],
): Promise<{ readonly id: string; readonly name: string }[]> {
  if (names.length === 0) return [];
  return rulesIn(tx, scope)
    .where("name", "=", anyOf(names))
    .select(["id", "name"])
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

/** Enabled outbound rules of the organization that no pod has attached. See migrations/0022_rules.sql. */
export async function findUnattached(tx: Tx, scope: Scope): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from rookery_unattached_rules() as id`.execute(
    tx.within(scope),
  );
  return rows.map(({ id }) => id);
}

/** Triggers of those of the rules that the organization has, by id. */
export async function findTriggers(
  tx: Tx,
  scope: Scope,
  ids: readonly string[],
): Promise<Map<string, Trigger>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ id: string; trigger: string }>`
    select id, trigger from rookery_rules_named(${[...ids]}::uuid[])`.execute(tx.within(scope));
  return new Map(rows.map((row) => [row.id, readWord(triggers, row.trigger)]));
}

export async function countRules(tx: Tx, scope: Scope): Promise<number> {
  const row = await rulesIn(tx, scope)
    .select(sql<number>`count(*)::int`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

const listIds = ({ match }: Rule): string[] => [...new Set(match.conditions.flatMap(listsOf))];

export async function insertRules(tx: Tx, scope: Scope, rules: readonly Rule[]): Promise<void> {
  if (rules.length === 0) return;
  const rows = rules.map((rule) => ({
    id: rule.id,
    organization_id: rule.organizationId,
    name: rule.name,
    description: rule.description,
    priority: rule.priority,
    enabled: rule.enabled,
    trigger: rule.trigger,
    match_operator: rule.match.operator,
    conditions: rule.match.conditions,
    actions: rule.actions,
    list_ids: listIds(rule),
    created_at: rule.createdAt,
    updated_at: rule.updatedAt,
  }));
  await insertion("rules", rows).execute(tx.within(scope));
}

/** Writes what may change of a rule that is locked. */
export async function saveRule(tx: Tx, scope: Scope, rule: Rule): Promise<void> {
  const { name, description, priority, enabled, trigger, match } = rule;
  await tx
    .within(scope)
    .updateTable("rules")
    .set({
      ...{ name, description, priority, enabled, trigger },
      match_operator: match.operator,
      conditions: JSON.stringify(match.conditions),
      actions: JSON.stringify(rule.actions),
      list_ids: listIds(rule),
      updated_at: rule.updatedAt,
    })
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", rule.id)
    .execute();
}

/** @returns whether it was there */
export async function deleteRule(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const row = await tx
    .within(scope)
    .deleteFrom("rules")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes a rule out of what the organization's pods have attached. */
export async function detachRule(tx: Tx, scope: Scope, id: string): Promise<void> {
  await sql`
    update pods set rule_ids = array_remove(rule_ids, ${id}::uuid), guardrails_version = guardrails_version + 1
    where organization_id = ${scope.organizationId} and rule_ids @> array[${id}::uuid]`.execute(
    tx.within(scope),
  );
}
